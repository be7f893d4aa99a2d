// SPDX-License-Identifier: Apache-2.0
// `vswbench reproduce` as a user runs it on a campaign that there is: nothing is measured.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { hostRecord, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { openStore } from '../store/store.ts';
import type { ReproduceOptions } from './commands/reproduce.ts';

const STORE_NAME = 'vswbench.db';

// The folder of results is looked up when the command is loaded.
const folder = mkdtempSync(join(tmpdir(), 'vswbench-reproduce-'));
process.env.VSWBENCH_RESULTS = folder;
const { reproduce: reproduceHere } = await import('./reproduction.ts');

const main = resolve(import.meta.dirname, 'main.ts');
after(() => rmSync(folder, { recursive: true }));

const dpdk = (id: string, packetSize: number) =>
  testCase({ switch: id, io: 'dpdk', port: 'vhost-user', rate: 'max', burst: 32, packetSize });

before(() => {
  const { cases, ...campaign } = storedCampaign({
    id: 'sizes',
    cases: [
      ...[64, 256, 1500].flatMap((size, index) => [
        storedCase({ case: dpdk('basicfwd', size), pps: 6e6 - 2e6 * index }, 8, 0.01, index),
        storedCase({ case: dpdk('ovs', size), pps: 4e6 - 0.9e6 * index }, 8, 0.01, 9 + index),
      ]),
      { case: dpdk('vpp', 64), skipped: 'VPP is not installed; install it', trials: [] },
    ],
  });
  const emulated = [64, 256, 1500].map((size, index) => {
    const one = storedCase({ case: { ...dpdk('sriov', size), port: 'vf', testbed: 'lab' }, pps: 1e3 }, 8, 0.01, index);
    return { ...one, trials: one.trials.map((trial) => ({ ...trial, flags: ['emulated' as const] })) };
  });
  const host = hostRecord({ testbed: 'lab' });
  const store = openStore(join(folder, STORE_NAME));
  for (const one of [{ ...campaign, cases }, storedCampaign({ id: 'lab', hosts: [host], cases: emulated })]) {
    store.createCampaign({ ...one, cases: one.cases.map(({ trials: _, ...planned }) => planned) });
    for (const [index, { trials }] of one.cases.entries()) {
      for (const ran of trials) store.saveTrial(one.id, index, ran);
    }
  }
  store.close();
});

function reproduce(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'reproduce', ...argv], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const DocumentSchema = z.looseObject({
  counts: z.record(z.string(), z.number()),
  claims: z.array(
    z.looseObject({ id: z.string(), outcome: z.string(), reason: z.string(), campaign: z.string().nullable() }),
  ),
});

const ExploredSchema = z.looseObject({
  cases: z.record(z.string(), z.looseObject({ name: z.string(), about: z.string() })),
});

/** What the figures of a page take along to be worked with. */
function exploredIn(page: string) {
  return [...page.matchAll(/data-explore="([^"]*)"/g)].map(([, packed = '']) =>
    ExploredSchema.parse(JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())),
  );
}

describe('a campaign that there is', () => {
  it('is drawn and judged into a folder of its own', () => {
    const { status, stdout, stderr } = reproduce('ara2021', 'sizes', '--figure', '4b, 4c');
    assert.equal(status, 0, stderr);
    const out = join(folder, 'ara2021-sizes');
    assert.deepEqual(
      readdirSync(out)
        .filter((name) => name.startsWith('figure-'))
        .map((name) => name.replace(/\..*/, ''))
        .filter((name, index, all) => all.indexOf(name) === index),
      ['figure-4b', 'figure-4c'],
    );
    const { claims, counts } = DocumentSchema.parse(JSON.parse(readFileSync(join(out, 'claims.json'), 'utf8')));
    const outcomeOf = (id: string) => claims.find((claim) => claim.id === id)?.outcome;
    assert.equal(outcomeOf('packets-fall-with-size'), 'holds');
    assert.equal(outcomeOf('basicfwd-beats-ovs'), 'does-not-hold', 'not at 1500 B');
    assert.equal(outcomeOf('sriov-fastest'), 'cannot-be-decided');
    assert.equal(
      Object.values(counts).reduce((sum, count) => sum + count, 0),
      claims.length,
    );
    assert.match(stdout, /^holds: The larger the packets, the fewer of them pass in a second\.$/m);
    assert.match(stdout, /^\d+ claims: \d+ holds?, \d+ do(es)? not, \d+ cannot be decided\.$/m);
    const picture = readFileSync(join(out, 'figure-4b.svg'), 'utf8');
    assert.match(picture, /<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*Maximum throughput by packet size/);
    assert.doesNotMatch(picture, /var\(--/);
    const tex = readFileSync(join(out, 'figures.tex'), 'utf8');
    for (const id of ['figure-4b', 'figure-4c']) {
      assert.match(readFileSync(join(out, `${id}.tex`), 'utf8'), /\\begin\{tikzpicture\}/);
      assert.match(tex, new RegExp(`\\\\input\\{${id}\\}\\s+\\\\caption\\{.*rounds with 95.*campaign sizes\\.`));
    }
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    assert.match(page, /Figure 4b/);
    assert.match(page, /vpp: VPP is not installed; install it/);
    assert.match(page, /vale: no such case in this campaign/);
    assert.doesNotMatch(page, /<(link|img|iframe)\b|https?:|\bsrc=/i);
    assert.deepEqual(
      exploredIn(page).map(({ cases }) => Object.keys(cases).length),
      [6, 6],
      'its figures lead to their cases',
    );
  });
  it('is drawn beside another one, and each claim is judged on the one that tells most', () => {
    const { status, stderr } = reproduce('ara2021', 'sizes', 'lab', 'sizes', '--figure', '4b,4d');
    assert.equal(status, 0, stderr);
    const out = join(folder, 'ara2021-sizes-lab');
    const FigureSchema = z.looseObject({
      panels: z.array(
        z.looseObject({ title: z.string().nullable(), series: z.array(z.looseObject({ label: z.string() })) }),
      ),
    });
    const { panels } = FigureSchema.parse(JSON.parse(readFileSync(join(out, 'figure-4b.json'), 'utf8')));
    assert.deepEqual(
      panels.map(({ title, series }) => [title, series.map(({ label }) => label)]),
      [
        ['local (sizes)', ['basicfwd', 'ovs']],
        ['lab, emulated (lab)', ['sriov']],
      ],
    );
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    assert.match(page, /Campaigns sizes and lab\./);
    assert.match(page, /lab, emulated \(lab\): vale: no such case in this campaign/);
    const [{ cases = {} } = {}] = exploredIn(page);
    assert.deepEqual(
      Object.values(cases).flatMap(({ name, about }) =>
        about.includes('P = 64 B') ? `${name}, ${about.replace(/, .*(?=, campaign)/, '')}` : [],
      ),
      [
        'basicfwd with dpdk/vhost-user, testbed local, campaign sizes',
        'ovs with dpdk/vhost-user, testbed local, campaign sizes',
        'sriov with dpdk/vf, testbed lab, campaign lab',
      ],
    );
    assert.doesNotMatch(readFileSync(join(out, 'figure-4b.json'), 'utf8'), /"of"/, 'values alone');
    const { claims } = DocumentSchema.parse(JSON.parse(readFileSync(join(out, 'claims.json'), 'utf8')));
    const claimOf = (id: string) => claims.find((claim) => claim.id === id);
    assert.deepEqual(
      ['packets-fall-with-size', 'sriov-fastest'].map((id) => [claimOf(id)?.outcome, claimOf(id)?.campaign]),
      [
        ['holds', 'sizes'],
        ['cannot-be-decided', 'sizes'],
      ],
    );
  });
  it('is judged by other claims', () => {
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, 'citation: me\nclaims: [{ id: a, says: b, from: c, kind: beyond, needs: d }]\n');
    const out = join(folder, 'mine');
    const { status, stdout } = reproduce('ara2021', 'sizes', '--table', '2', '--claims', path, '--out', out);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^cannot be decided here: b\n {4}c: it takes d\n1 claim: 0 hold, 0 do not, 1 cannot be decided\.\n$/,
    );
  });
  it('is judged by a paper that has claims alone', () => {
    const out = join(folder, 'zhang');
    assert.equal(reproduce('zhang2019', 'sizes', '--out', out).status, 0);
    assert.deepEqual(readdirSync(out), ['claims.json', 'index.html']);
  });
});

describe('what is wrong is told before anything is written', () => {
  const refusals: [string, string, string | undefined, ReproduceOptions, RegExp][] = [
    ['a paper that there is not', 'smith1999', 'sizes', {}, /no paper 'smith1999': give one of ara2021/],
    ['a figure that it does not have', 'ara2021', 'sizes', { figure: '4b,9' }, /no figure-9; its .*: table-2,/],
    ['a campaign that there is not', 'ara2021', 'none', {}, /no campaign 'none'/],
    ['options that are about measuring', 'ara2021', 'sizes', { quick: true }, /leave out --quick, or the id/],
    [
      'another number of trials for what was measured',
      'ara2021',
      'sizes',
      { trials: '3' },
      /leave out --trials, or the id/,
    ],
    ['two testbeds for one figure', 'ara2021', undefined, { testbed: 'local,netns' }, /a figure is of one testbed/],
    ['claims alone have nothing to measure', 'zhang2019', undefined, {}, /zhang2019 has claims alone: give the id/],
    ['claims that are not there', 'ara2021', 'sizes', { claims: '/none.yaml' }, /the claims \/none\.yaml: ENOENT/],
  ];
  for (const [what, paper, id, options, error] of refusals) {
    it(what, async () => {
      const out = join(folder, 'refused');
      await assert.rejects(reproduceHere(paper, id === undefined ? [] : [id], { ...options, out }), error);
      assert.equal(existsSync(out), false);
    });
  }
});
