// SPDX-License-Identifier: Apache-2.0
// What throughput costs in CPUs, as the paper's figure 6 shows it: a point a case, CPUs to the right, throughput upwards.
import type { CaseResult } from '../../model/result.ts';
import { groupKey, groupOf } from '../../stats/group.ts';
import { ppsScale } from '../format.ts';
import { type Arrangement, type Arranging, arranged } from './arrangement.ts';
import { type Figure, heightIn, type Panel, type Point } from './figure.ts';
import { scaleFor } from './scale.ts';

/** A panel for each set of parameters but the number of pairs. Null where nothing was measured. */
export function costFigure(
  cases: readonly CaseResult[],
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
  arranging?: Arranging,
): Figure | null {
  const shown = cases.filter((one) => (one.summary?.throughputPps.median ?? 0) > 0);
  if (shown.length === 0) return null;
  const pps = shown.map((one) => one.summary?.throughputPps.median ?? 0);
  const scale = ppsScale(pps);
  const arrangement = arranged(shown, ['pairs'], arranging);
  const groups = [...Map.groupBy(shown, arrangement.keyOf).values()];
  return {
    ...words,
    kind: 'cost',
    x: { title: 'applications and switch', unit: 'CPUs', scale: 'linear' },
    y: { title: 'throughput', unit: scale.unit, scale: scaleFor(pps) },
    panels: groups.map((group) => panelOf(group, arrangement, scale.divisor)),
  };
}

/** Equal for cases that stand in one panel. */
export function groupOfCost(one: CaseResult): string {
  return groupKey({ ...groupOf(one.case), pairs: 0 });
}

function panelOf(cases: readonly CaseResult[], { titleOf, lineOf }: Arrangement, divisor: number): Panel {
  const [first] = cases;
  const lines = [...Map.groupBy(cases, (one) => lineOf(one).label).values()];
  const areSeveral = (some: readonly CaseResult[]) => new Set(some.map(({ case: { pairs } }) => pairs)).size > 1;
  // Where some lines run along pairs, single points would only lie in the way with their names.
  const isNamed = lines.some(areSeveral) ? areSeveral : () => areSeveral(cases);
  return {
    title: first === undefined ? null : titleOf(first),
    series: lines.flatMap(([one, ...others]) =>
      one === undefined
        ? []
        : [
            {
              ...lineOf(one),
              points: [one, ...others].flatMap((each) => pointOf(each, divisor, isNamed([one, ...others]))),
            },
          ],
    ),
    gaps: [],
  };
}

function pointOf(one: CaseResult, divisor: number, named: boolean): Point[] {
  const {
    case: { pairs },
    summary,
  } = one;
  if (summary === null) return [];
  const { throughputPps, cpu } = summary;
  return [
    {
      ...{ x: cpu.total, ...heightIn(throughputPps, divisor), n: throughputPps.trials, of: one },
      ...(named ? { text: `${pairs}vs${pairs}` } : {}),
    },
  ];
}
