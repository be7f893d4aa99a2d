// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  hostileCampaign,
  storedCampaign,
  superPacketCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { resultsLatex, resultsMarkdown } from './result-text.ts';

const latex = (stored: StoredCampaign) => resultsLatex(toCampaignResult(stored));
const markdown = (stored: StoredCampaign) => resultsMarkdown(toCampaignResult(stored));
const skipped = () => storedCampaign({ cases: [{ case: testCase(), skipped: 'no veth', trials: [] }] });

describe('the results as Markdown', () => {
  it('are a table whose caption says n, interval, machine and method, with notes and what is missing', () => {
    const text = markdown(table2Campaign());
    assert.match(text, /^## Table 2 of the paper/);
    assert.match(text, /\n\| Switch \| Framework \| kpps \| 95 % interval \| Gbit\/s \| Loss \|/);
    assert.match(text, /\n\| linux-bridge \| udp-mmsg \| 264\.3 \| 261\.8 – 267\.9 \| 0\.135 \| 2\.10 % \|/);
    assert.match(
      text,
      /\n\nThroughput, local, 1vs1, P = 64 B.*: medians of 5 to 6 rounds with 95 % confidence intervals \(.*\); 3 s measured.*; on Intel.*; vswbench .*, campaign [^.]+\.\n/,
    );
    assert.match(text, /\n- \\\[1\\\] shared-cpu: Two applications/);
    assert.match(text, /\n- vpp with dpdk \(failed\): start switch: vpp exited with 1: no hugepages free\n/);
  });

  it('are a row a case, in each of which as many cells as the head has', () => {
    const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('|'));
    for (const campaign of [sweepCampaign(), hostileCampaign(), twoTestbedsCampaign()]) {
      const [head, ...others] = rows(markdown(campaign)).map((line) => line.split(/(?<!\\)\|/).length);
      const tables = rows(markdown(campaign)).filter((line) => /^\|[-:|]+\|$/.test(line)).length;
      if (tables === 1) assert.deepEqual(new Set(others), new Set([head]));
      const measured = toCampaignResult(campaign).results.filter(({ summary }) => summary !== null);
      assert.equal(others.length + 1, 2 * tables + measured.length);
    }
  });

  it('say that nothing was measured, and why', () => {
    assert.match(markdown(skipped()), /^## .*\n\nNot measured:\n\n- linux-bridge with udp \(skipped\): no veth\n$/);
  });
});

describe('the results as LaTeX', () => {
  it('are a table as narrow as a column where that goes, and say in a comment what it lacks', () => {
    const wide = latex(table2Campaign());
    assert.match(wide, /\\begin\{table\*\}\n/);
    assert.match(
      wide,
      / {4}linux-bridge & udp-mmsg & 264\.3 & 261\.8 -- 267\.9 & 0\.135 & 2\.10\\,\\% & .* & \{\[\}4\{\]\} \\\\\n/,
    );
    assert.match(wide, /\{\[\}1\{\]\} shared-cpu; /);
    const narrow = latex(superPacketCampaign());
    assert.match(narrow, /\\begin\{table\}\n/);
    assert.match(narrow, /% Left out for its width: .*Gbit\/s/);
    assert.match(latex(sweepCampaign()), /\\begin\{table\*\}[\s\S]*\(continued\)\}[\s\S]*\\begin\{table\*\}/);
  });

  it('compile untouched, and fit the page', (context) => {
    if (spawnSync('pdflatex', ['--version']).status !== 0) return context.skip('needs pdflatex');
    if (spawnSync('kpsewhich', ['booktabs.sty']).status !== 0) return context.skip('needs booktabs.sty');
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-latex-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const campaigns = [
      ...[table2Campaign(), sweepCampaign(), capacityCampaign(), burstCampaign(), churnCampaign()],
      ...[superPacketCampaign(), twoTestbedsCampaign(), skipped(), hostileCampaign()],
    ].map((campaign, index) => ({ ...campaign, id: `${campaign.id}-${index}` }));
    for (const [index, campaign] of campaigns.entries()) writeFileSync(join(folder, `t${index}.tex`), latex(campaign));
    const compile = (count: number) => {
      const inputs = Array.from({ length: count }, (_, index) => `\\input{t${index}}\\clearpage`);
      const lines = ['\\documentclass[twocolumn]{article}', '\\usepackage{booktabs}', '\\begin{document}', 'x'];
      writeFileSync(join(folder, 'paper.tex'), [...lines, ...inputs, '\\end{document}'].join('\n'));
      const ran = spawnSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', '-no-shell-escape', 'paper'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(ran.status, 0, ran.stdout.slice(-2000));
      return readFileSync(join(folder, 'paper.log'), 'latin1');
    };
    const complaints = /^.*(?:Overfull|too large|multiply defined|Missing character).*$/gm;
    assert.deepEqual(compile(campaigns.length - 1).match(complaints), null);
    // Names that nobody has are too wide, and still are no commands.
    compile(campaigns.length);
  });
});
