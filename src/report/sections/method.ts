// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { Cpu } from '../../model/inventory.ts';
import type { Placement } from '../../model/placement.ts';
import type { CampaignResult } from '../../model/result.ts';
import { farHostOf, nearOf } from '../../model/testbed.ts';
import { checkedWords } from '../checked.ts';
import { listed, spelledDuration, spelledWarmup, trialsOf, untilPrecise, whereOf } from '../format.ts';
import { type DrawnHost, MAP_LEGEND, placementMap } from '../placement-map.ts';
import { WITH_FCS } from '../shown.ts';
import { foldedFrom, type Section } from './section.ts';

export const methodSection: Section = {
  id: 'method',
  title: () => 'How it was measured',
  folded: ({ result }) => foldedFrom(result, 'How it was measured, step by step'),
  content: ({ result }) => steps(result),
};

function steps(result: CampaignResult): ComponentChild[] {
  const sentences = [
    `Each pair of containers ran one traffic application at either end; they exchanged real Ethernet frames with IPv4 and UDP headers and sequence numbers.`,
    ...checkedWords(result),
    ...(result.fcs
      ? [
          `${WITH_FCS}, the 4 bytes at the end of each frame; whoever reads the store or its exports finds them without.`,
        ]
      : []),
    `A trial discarded ${spelledWarmup(result)} and measured ${spelledDuration(result.durationMs)}; then senders stopped first and receivers drained, so that totals are exact.`,
    `Trials ran in ${trialsOf(result)} rounds${untilPrecise(result)}, each visiting every switch once in a random order (seed ${result.seed}), so that drift of the machine is not mistaken for a difference.`,
    'Rates are differences of counters sampled inside the steady state, loss is the share of the packets sent in it that never arrived, and a trial whose packet ledger does not close is not used.',
    'Figures are medians over rounds with 95 % confidence intervals (order statistics, which assume no distribution, from six rounds on; Student’s t below). Whether two cases differ is not told by whether these overlap, but by rank tests on the rounds that they have in common: every two cases of the same parameters are compared, and the chance of even one false difference among them is at most 5 % (docs/decisions/0014-verdicts.md).',
  ];
  return [
    h('ol', { class: 'method' }, ...sentences.map((text) => h('li', null, text))),
    h('h3', null, 'Placement'),
    h('p', null, `Maps: ${MAP_LEGEND}.`),
    h('dl', null, ...placementRows(result)),
  ];
}

/** Where things ran: each placement once, with the cases that had it. */
function placementRows(result: CampaignResult): ComponentChild[] {
  const byText = new Map<string, { cases: Set<string>; map: string[] }>();
  for (const one of result.results) {
    for (const placement of one.evidence.placements) {
      const { far } = placement;
      const own = (cpus: readonly number[]) =>
        cpus.length === 0 ? 'no switch threads' : `switch on ${listed(cpus.map(String))}`;
      const rest = (cpus: readonly number[]) => `the rest on ${listed(cpus.map(String))}`;
      const pairs = placement.pairs.map(({ source, sink }, pair) =>
        far === null
          ? `pair ${pair} on CPUs ${source} and ${sink}`
          : `pair ${pair} on CPU ${source} (near) and ${sink} (far)`,
      );
      const text = [
        ...pairs,
        own(placement.switch),
        rest(placement.housekeeping),
        ...(far === null ? [] : [`far: ${own(far.switch)}, ${rest(far.housekeeping)}`]),
        `wait = ${one.case.wait}${whereOf(result, one.case)}`,
      ].join('; ');
      const known = byText.get(text) ?? { cases: new Set(), map: drawPlacement(result, one.case.testbed, placement) };
      known.cases.add(`${one.case.switch} ${one.case.pairs}vs${one.case.pairs}`);
      byText.set(text, known);
    }
  }
  return [...byText].flatMap(([text, { cases, map }]) => [
    h('dt', null, [...cases].join(', ')),
    h('dd', null, text, h('pre', { class: 'map' }, map.join('\n'))),
  ]);
}

/** Columns of a map on a page; more would have to be scrolled. */
const MAP_COLUMNS = 80;

function drawPlacement(result: CampaignResult, testbed: string, placement: Placement): string[] {
  const [near, far] = [nearOf(result, testbed), farHostOf(result, testbed)?.inventory];
  const draw = (cpus: readonly Cpu[], drawn: DrawnHost) => placementMap(cpus, placement, drawn, MAP_COLUMNS);
  if (placement.far === null || far === undefined) return draw(near.cpus, 'near');
  if (near.hostname === far.hostname) return draw(near.cpus, 'both');
  return ['near host', ...draw(near.cpus, 'near'), 'far host', ...draw(far.cpus, 'far')];
}
