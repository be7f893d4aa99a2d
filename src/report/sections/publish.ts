// SPDX-License-Identifier: Apache-2.0
// What whoever writes about these figures takes over: the sentence under them, and the commands that make figures, tables and references.
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { decidingFigure } from '../../stats/verdict.ts';
import { caption } from '../figures/caption.ts';
import type { Section } from './section.ts';

export const publishSection: Section = {
  id: 'publish',
  title: () => 'In a paper',
  content: ({ result }) => (result.results.some((one) => decidingFigure(one) !== null) ? words(result) : [null]),
};

function words(result: CampaignResult): ComponentChild[] {
  const { id } = result;
  const commands = [
    `vswbench plot ${id} -o figure.tex         # or .pdf, .svg, .png; plot --help has all kinds`,
    `vswbench export ${id} --format latex      # the results as tables`,
    `vswbench bundle ${id}                     # trials, report and machine in one file to archive`,
    `vswbench cite ${id}                       # the references, for BibTeX`,
  ];
  return [
    h('p', null, 'Under figures and tables of these results belongs what they are:'),
    h('blockquote', null, caption(result.title, result, result.results)),
    h('p', null, 'These commands make what else a paper needs:'),
    h('pre', { tabIndex: 0 }, h('code', null, commands.join('\n'))),
  ];
}
