// SPDX-License-Identifier: Apache-2.0
// What stands under a figure or a table: one sentence, with which somebody who sees nothing else can judge it.
import type { Inventory } from '../../model/inventory.ts';
import type { CampaignResult, CaseResult, Interval } from '../../model/result.ts';
import { farHostOf, nearOf } from '../../model/testbed.ts';
import { decidingFigure } from '../../stats/verdict.ts';
import { counted, listed, spelledDuration, spelledWarmup } from '../format.ts';

/**
 * Says what is shown (without a full stop), of how many rounds, with which interval, on which machine and how it was measured. `cases` are
 * those that the figure shows; those of them that were not measured count for nothing.
 */
export function caption(what: string, campaign: CampaignResult, cases: readonly CaseResult[]): string {
  const measured = cases.filter((one) => decidingFigure(one) !== null);
  if (measured.length === 0) return `${what}: nothing was measured (campaign ${campaign.id}).`;
  const parts = [
    `${what}: ${sampleWords(measured)}`,
    `${spelledDuration(campaign.durationMs)} measured after ${spelledWarmup(campaign)}, in random order within each round`,
    `on ${machineWords(campaign, measured)}`,
    ...(measured.some(({ flags }) => flags.includes('emulated')) ? ['emulated: counts are valid, speeds are not'] : []),
    `vswbench ${nearOf(campaign).vswbenchVersion}, campaign ${campaign.id}`,
  ];
  return `${parts.join('; ')}.`;
}

/** `medians of 6 to 8 rounds with 95 % confidence intervals (order statistics)`. */
function sampleWords(cases: readonly CaseResult[]): string {
  const figures = cases.flatMap((one) => decidingFigure(one) ?? []);
  const rounds = figures.map(({ trials }) => trials);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  if (most === 1) return 'one round, without an interval';
  const n = least === most ? `${most} rounds` : `${least} to ${most} rounds`;
  const methods = [...new Set(figures.flatMap(methodWords))];
  const some = figures.some(({ ciLow }) => ciLow === null) ? ', where there are enough of them' : '';
  const interval =
    methods.length === 0 ? ', without an interval' : ` with 95 % confidence intervals (${methods.join('; ')})${some}`;
  return `medians of ${n}${interval}`;
}

function methodWords({ method }: Interval): string[] {
  switch (method) {
    case 'order-statistics':
      return ['order statistics'];
    case 'student-t':
      return ['Student’s t'];
    case 'none':
    case 'pooled':
      return [];
    default:
      return method satisfies never;
  }
}

/** The machines of some cases: one, or the two that a cable joins, of each testbed. */
function machineWords(campaign: CampaignResult, cases: readonly CaseResult[]): string {
  const remote = new Map<string, boolean>();
  for (const { case: one } of cases) {
    remote.set(one.testbed, (remote.get(one.testbed) ?? false) || one.location === 'remote');
  }
  return listed(
    [...remote].map(([testbed, isRemote]) => {
      const near = describeMachine(nearOf(campaign, testbed));
      const far = isRemote ? farHostOf(campaign, testbed)?.inventory : undefined;
      if (far === undefined) return near;
      const other = describeMachine(far);
      return near === other ? `two hosts, each ${near}` : `${near} and, at the other end, ${other}`;
    }),
  );
}

/** `Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz (4 CPUs, kvm, Linux 6.1.0-21-amd64)`. */
function describeMachine({ cpuModel, cpus, virtualization, kernel }: Inventory): string {
  const words = [counted(cpus.length, 'CPU'), ...(virtualization === null ? [] : [virtualization]), `Linux ${kernel}`];
  return `${cpuModel} (${words.join(', ')})`;
}
