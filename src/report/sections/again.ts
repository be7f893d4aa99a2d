// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { nearOf } from '../../model/testbed.ts';
import { reproduceCommand } from '../command.ts';
import { namesTestbeds } from '../format.ts';
import { couldTune } from '../tuning.ts';
import type { Section } from './section.ts';

export const againSection: Section = {
  id: 'again',
  title: () => 'Measure it again',
  content: ({ result }) => commands(result),
};

function commands(result: CampaignResult): ComponentChild[] {
  const { vswbenchVersion, vswbenchCommit } = nearOf(result);
  const commit = vswbenchCommit === null ? '' : `, commit ${vswbenchCommit}`;
  return [
    h(
      'p',
      null,
      `With vswbench ${vswbenchVersion}${commit}, this command runs the same cases in the same random order:`,
    ),
    h('pre', { tabIndex: 0 }, h('code', null, reproduceCommand(result))),
    ...(couldTune(result)
      ? [
          h('p', null, 'And this one with the machine tuned for as long as it takes:'),
          h('pre', { tabIndex: 0 }, h('code', null, reproduceCommand({ ...result, tune: ['all'] }))),
        ]
      : []),
    namesTestbeds(result)
      ? h('p', { class: 'soft' }, 'The testbeds have to be defined as they were: docs/testbeds.md says where.')
      : null,
  ];
}
