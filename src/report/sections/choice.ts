// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { advise, classOfCase } from '../../stats/advice.ts';
import { groupCases } from '../../stats/group.ts';
import { adviceSentences, readingOf } from '../advice.ts';
import { conditionOf } from '../advice-words.ts';
import { capital } from '../format.ts';
import type { Section } from './section.ts';

/** What is to be chosen for so many sets of parameters is read at once. */
const SETS_OPEN_MAX = 4;

export const choiceSection: Section = {
  id: 'choice',
  title: () => 'What to choose',
  content: ({ result }) => adviceList(result),
  folded: ({ result }) => {
    const sets = groupCases(result.results).length;
    return sets > SETS_OPEN_MAX ? `Advice for each of ${sets} sets of parameters` : null;
  },
};

/** The decision tree, as far as a result without its trials tells it; nothing where all frameworks ask the same of an application. */
function adviceList(result: CampaignResult): ComponentChild[] {
  if (new Set(result.results.map(classOfCase)).size < 2) return [null];
  const branches = advise(result, null);
  return [
    h('p', { class: 'soft' }, readingOf(result).join(' ')),
    h(
      'dl',
      null,
      ...branches.flatMap((branch) => [
        h('dt', null, conditionOf(branch)),
        h(
          'dd',
          null,
          h(
            'ul',
            null,
            ...adviceSentences(result, branches, branch).map((sentence) => h('li', null, `${capital(sentence)}.`)),
          ),
        ),
      ]),
    ),
    h('p', { class: 'soft' }, `CPU time a packet and p99.9: vswbench advise ${result.id}`),
  ];
}
