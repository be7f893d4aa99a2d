// SPDX-License-Identifier: Apache-2.0
import { type CaseResult, type Flag, FlagSchema } from '../model/result.ts';

const TEXTS: Record<Flag, string> = {
  'shared-cpu':
    'Two applications or switch threads shared a CPU: the figure shows what this machine can do, not what the switch can do with CPUs of its own.',
  'shared-housekeeping':
    'No CPU was left for everything else, so the operating system and vswbench itself took time from the measured threads.',
  'tool-limited':
    'The switch reached 95 % of what the same framework does without any switch: it may be faster than vswbench can show.',
  'bridge-netfilter':
    'The kernel passed bridged packets through iptables (net.bridge.bridge-nf-call-iptables = 1), which costs throughput; without it the bridge is faster.',
  disturbed:
    'Something else took CPU time during a trial, such as other guests of the hypervisor, or the clock of a CPU changed: the trial counts, and was repeated once; look at the reasons before relying on it.',
  'unlike-paths':
    'The compared frameworks do unlike work for each packet (whole frames or only the UDP payload): part of the difference is that work and not the switch.',
  'super-packets':
    'The packets of a burst crossed the kernel and the switch as one super-packet (UDP segmentation offload): the figure is of packets as the applications sent and received them, but the switch forwarded only one for a burst. It shows what a path can carry, and not how fast the switch handles single packets: do not rank it with figures that do.',
  'some-trials-failed':
    'Not every trial of this case was measured: the interval rests on those that were, and the failure may be part of the truth.',
  'rate-not-reached':
    'The sender put less than 99 % of the intended rate on its port: the case shows how fast it could send, not how the switch behaves at that rate.',
  imprecise:
    'The 95 % interval is wider than the precision that was asked for, and the limit of trials was reached (or the campaign ended): run more, or on a quieter machine.',
  bimodal:
    'The figure jumps between two levels, from trial to trial or within one: the median is that of whichever level came more often, and not one that can be relied on. Find out what makes the difference.',
  emulated:
    'A host was an emulated machine, whose every instruction is done by a program: that packets arrive is true, how fast they do means nothing. Never use it as a figure of performance.',
  'line-rate-limited':
    'The cable between the hosts carried 95 % of its line rate or more: the switch may be faster than the cable.',
  'shared-uplink':
    'The cable between the hosts carried packets that were not of the trial: somebody else used it, and took from what it carries.',
  'clock-drift':
    'The counter by which packets are timed drifted from the kernel’s clock during a trial, or the kernel does not trust it, or not any more: no delay or rate of this case is safe.',
};

/** What a flag means for the reader of a figure, in one sentence. */
export function flagText(flag: Flag): string {
  return TEXTS[flag];
}

/** How the flags of a campaign's measured cases are told in a table. */
export interface FlagMarks {
  /** Flags that every measured case has: told once, for all. */
  everywhere: Flag[];
  /** Flags that tell cases apart, with the number that stands for them. */
  numbered: Map<Flag, number>;
}

/** Gives numbers to the flags that only some measured cases have. */
export function flagMarks(results: readonly CaseResult[]): FlagMarks {
  const measured = results.filter((one) => one.summary !== null);
  const count = (flag: Flag) => measured.filter((one) => one.flags.includes(flag)).length;
  const present = FlagSchema.options.filter((flag) => count(flag) > 0);
  const telling = present.filter((flag) => count(flag) < measured.length);
  return {
    everywhere: present.filter((flag) => !telling.includes(flag)),
    numbered: new Map(telling.map((flag, index) => [flag, index + 1])),
  };
}

/** The marks of one case, ascending. */
export function marksFor({ flags }: CaseResult, { numbered }: FlagMarks): number[] {
  return flags.flatMap((flag) => numbered.get(flag) ?? []);
}
