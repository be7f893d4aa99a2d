// SPDX-License-Identifier: Apache-2.0
// Two switches, each at its best: who is faster, and what each way takes in delay and CPU.
import { ioName } from '../model/testcase.ts';
import type { CaseCost, Duel } from '../stats/duel.ts';
import { decidingFigure } from '../stats/verdict.ts';
import {
  caseName,
  decidingScale,
  describeGroup,
  effectWords,
  inScale,
  MICROSECONDS,
  ppsScale,
  varying,
  withUnit,
} from './format.ts';
import { type Column, fitTable } from './table.ts';
import { clean, type Paint, wrap } from './text.ts';

/** A block for each set of parameters: the verdict, and the costs below it. */
export function renderDuels(duels: readonly Duel[], columns: number, paint: Paint): string[][] {
  const names = varying(duels.map(({ group }) => group));
  return duels.map((duel) => {
    const where = names.length === 0 ? '' : `${describeGroup(duel.group, names)}: `;
    const told = wrap(clean(`${where}${duelWords(duel)}.`), columns, 2);
    const table =
      duel.costs.length < 2 ? [] : ['', ...fitTable(duel.costs, costColumns(duel.costs), columns, paint).lines];
    const lost = duel.costs.some(({ unbeaten }) => !unbeaten);
    return [
      ...told.map((line, index) => (index === 0 ? paint(line, 'bold') : line)),
      ...table,
      ...(lost && table.length > 0
        ? wrap('* as good as any other in throughput, delay and CPUs together, by medians', columns, 2)
        : []),
    ];
  });
}

/** `ovs with dpdk is faster than linux-bridge with raw-mmsg, the best of 4: +4700 % (…, p = 0.006)`. */
export function duelWords({ a, b, of, compared, reason, group }: Duel): string {
  const [nameA, nameB] = [a, b].map((one, index) => {
    const figure = decidingFigure(one)?.median ?? 0;
    const told = withUnit(figure, decidingScale(group.dimension, figure));
    const count = of[index] ?? 1;
    return `${caseName(one.case)} (${told}${count > 1 ? `, its best of ${count}` : ''})`;
  });
  if (compared === null) return `${nameB} and ${nameA}: ${reason}`;
  const effect = effectWords(compared);
  switch (compared.verdict) {
    case 'faster':
    case 'slower':
      return `${nameB} is ${compared.verdict} than ${nameA}: ${effect}`;
    case 'no difference':
    case 'too few rounds':
      return `No difference was found between ${nameB} and ${nameA}: ${effect}`;
    default:
      return compared.verdict satisfies never;
  }
}

function costColumns(costs: readonly CaseCost[]): Column<CaseCost>[] {
  const scale = ppsScale(costs.map(({ throughputPps }) => throughputPps));
  const delays = costs.some(({ p999Ns }) => p999Ns !== null);
  return [
    { title: 'Switch', align: 'left', cell: ({ result }) => clean(result.case.switch), names: true },
    { title: 'Framework', align: 'left', cell: ({ result }) => clean(ioName(result.case)), names: true },
    { title: scale.unit, align: 'right', cell: ({ throughputPps }) => inScale(throughputPps, scale) },
    ...(delays
      ? [
          {
            title: 'p99.9 µs',
            align: 'right',
            cell: ({ p999Ns }: CaseCost) => (p999Ns === null ? '–' : inScale(p999Ns, MICROSECONDS)),
          } as const,
        ]
      : []),
    { title: 'CPUs', align: 'right', cell: ({ cpus }) => cpus.toFixed(2) },
    { title: 'Unbeaten', align: 'left', cell: ({ unbeaten }) => (unbeaten ? '*' : '') },
  ];
}
