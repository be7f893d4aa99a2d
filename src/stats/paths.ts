// SPDX-License-Identifier: Apache-2.0
// The paths of a campaign in one table: a row a switch and framework, with what was measured of it in both dimensions.
import type { FrameworkClass } from '../model/framework-class.ts';
import type { CampaignResult, CaseResult, Interval, Ledger } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { classOfCase } from './advice.ts';
import { type Group, groupCases } from './group.ts';
import { sumOf } from './sum.ts';

/** A switch with a framework, under one set of parameters. */
export interface PathRow {
  group: Group;
  /** The throughput. */
  result: CaseResult;
  class: FrameworkClass;
  throughputPps: Interval | null;
  cpus: number | null;
  lossRatio: number | null;
  /** Where most of it went in the last trial; null where nothing was lost. */
  lostAt: string | null;
  rttP50Ns: Interval | null;
  rttP999Ns: Interval | null;
  /** Why there is no throughput, or no round trip. */
  reasons: string[];
}

/** Unpaced paths, best throughput first within each set of parameters; those that were not measured last. */
export function pathRows({ results }: Pick<CampaignResult, 'results'>): PathRow[] {
  const unpaced = results.filter(({ case: { dimension, rate } }) => dimension === 'throughput' && rate === 'max');
  const answered = Map.groupBy(
    results.filter(({ case: { dimension } }) => dimension === 'latency'),
    pathKey,
  );
  return groupCases(unpaced).flatMap(({ group, cases }) =>
    cases
      .map((result) => rowOf(group, result, answered.get(pathKey(result)) ?? []))
      .sort((a, b) => (b.throughputPps?.median ?? -1) - (a.throughputPps?.median ?? -1)),
  );
}

/** `answered` are its round trips. */
function rowOf(group: Group, result: CaseResult, answered: readonly CaseResult[]): PathRow {
  const [delays] = answered.toSorted((a, b) => rateOf(a) - rateOf(b));
  const rtt = delays?.summary?.latencyNs?.rtt;
  return {
    ...{ group, result, class: classOfCase(result) },
    throughputPps: result.summary?.throughputPps ?? null,
    cpus: result.summary?.cpu.total ?? null,
    lossRatio: result.summary?.lossRatio ?? null,
    lostAt: lostAt(result.evidence.last?.ledgers ?? []),
    rttP50Ns: rtt?.p50 ?? null,
    rttP999Ns: rtt?.p999 ?? null,
    reasons: [...new Set([result, ...(delays === undefined ? [] : [delays])].flatMap(({ reason }) => reason ?? []))],
  };
}

/** Throughput and round trips have a rate and a burst of their own. */
function pathKey({ case: testCase }: CaseResult): string {
  return caseKey({ ...testCase, dimension: 'throughput', rate: 'max', burst: 1 });
}

function rateOf({ case: { rate } }: CaseResult): number {
  return rate === 'max' ? Number.POSITIVE_INFINITY : rate;
}

/** The place of most lost packets, as the ledgers have it. */
function lostAt(ledgers: readonly Ledger[]): string | null {
  const drops = Map.groupBy(
    ledgers.flatMap((one) => one.drops),
    ({ where }) => where,
  );
  const places = [...drops].map(([where, those]) => ({ where, packets: sumOf(those, ({ packets }) => packets) }));
  const unplaced = { where: 'nobody knows where', packets: sumOf(ledgers, ({ unplacedPackets }) => unplacedPackets) };
  const [most] = [...places, unplaced].sort((a, b) => b.packets - a.packets);
  return most === undefined || most.packets === 0 ? null : most.where;
}
