// SPDX-License-Identifier: Apache-2.0
// The answers, as they stand at the top of the page.
import { type ComponentChild, h } from 'preact';
import { DIMENSIONS } from '../model/parameter.ts';
import type { CampaignResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import type { Group } from '../stats/group.ts';
import { type AnswerRun, answerRuns, runFigures, runGroup } from './answer-runs.ts';

import { capital, common, describeGroup, namesTestbeds, varying } from './format.ts';
import { type Answer, answers } from './sentences.ts';

/** The answers for groups that are shown; those of a dimension on a testbed that have the same one are told together. */
export function answerList(result: CampaignResult, isShown: (group: Group) => boolean = () => true): ComponentChild {
  const all = answers(result).filter(({ group }) => isShown(group));
  const items = testbedsOf(result).flatMap((testbed) =>
    answerItems(
      result,
      all.filter(({ group }) => group.testbed === testbed),
    ),
  );
  return h('ul', { class: 'answers' }, ...items);
}

function answerItems(result: CampaignResult, all: readonly Answer[]): ComponentChild[] {
  return DIMENSIONS.flatMap((dimension) => {
    const ofDimension = all.filter(({ group }) => group.dimension === dimension);
    const names = varying(ofDimension.map(({ group }) => group));
    const byHeadline = Map.groupBy(ofDimension, ({ headline }) => headline);
    return [...byHeadline.values()].map((same) => answerItem(result, same, names, ofDimension.length));
  });
}

/** So many sets of parameters are told one by one at once; more are behind a click. */
const ANSWERS_OPEN_MAX = 3;

function answerItem(result: CampaignResult, same: Answer[], names: (keyof Group)[], groups: number): ComponentChild {
  const [first] = same;
  if (first === undefined) return null;
  const won = first.winner === null ? '' : 'won';
  const headline = h('strong', null, first.headline);
  const machine = namesTestbeds(result) ? [`testbed ${first.group.testbed}`] : [];
  if (same.length === 1) {
    const where =
      groups === 1
        ? describeGroup(first.group, common(result, first.group))
        : [...machine, describeGroup(first.group, ['dimension', ...names])].join(', ');
    return h('li', { class: won }, h('span', { class: 'group' }, where), headline, h('p', null, first.detail));
  }
  const runs = answerRuns(same);
  const brief = runs.length < same.length ? runs.map((run) => runItem(run, names)) : [];
  const each = same.map(({ group, detail }) => paragraph(describeGroup(group, names), detail));
  return h(
    'li',
    { class: won },
    h(
      'span',
      { class: 'group' },
      [...machine, `${first.group.dimension}, ${same.length} of ${groups} sets of parameters`].join(', '),
    ),
    headline,
    ...brief,
    ...(each.length > ANSWERS_OPEN_MAX || brief.length > 0
      ? [h('details', null, h('summary', null, 'Each of them'), ...each)]
      : each),
  );
}

/** What neighbouring rates have in common. */
function runItem(run: AnswerRun, names: readonly (keyof Group)[]): ComponentChild {
  const told =
    run.length === 1 || run[0].best === null
      ? run[0].detail
      : `${capital(runFigures(run) ?? 'received what was asked for')}.`;
  return paragraph(runGroup(run, names), told);
}

function paragraph(where: string, text: string): ComponentChild {
  return h('p', { class: 'each' }, h('span', { class: 'group' }, `${where}: `), text);
}
