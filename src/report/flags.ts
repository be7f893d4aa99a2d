// SPDX-License-Identifier: Apache-2.0
import { type CaseResult, type Flag, FlagSchema } from '../model/result.ts';
import { percentOf } from '../model/units.ts';
import { TOOL_LIMITED_RATIO } from '../stats/ceiling.ts';
import { INTEGRITY_RATIO_MAX } from '../stats/integrity.ts';
import { LINE_RATE_LIMITED_RATIO } from '../stats/line-rate.ts';
import { RATE_KEPT_RATIO } from '../stats/pace.ts';
import { BEYOND_MIN, PERCENTILES, type PercentileName, packetsNeeded } from '../stats/percentiles.ts';
import { grouped } from './format.ts';

const NOTABLE = percentOf(INTEGRITY_RATIO_MAX);

function needs(name: PercentileName): string {
  return `${grouped(packetsNeeded(name))} for p${PERCENTILES[name]}`;
}

const TEXTS: Record<Flag, string> = {
  'shared-cpu':
    'Two applications or switch threads shared a CPU: the figure shows what this machine can do, not what the switch can do with CPUs of its own.',
  'shared-housekeeping':
    'No CPU was left for everything else, so the operating system and vswbench itself took time from the measured threads.',
  'unlike-cpus':
    'Threads of the trial ran on CPUs of several kinds, fast and slow ones: the figure is that of the mixture, and of where each thread was put (docs/placement.md).',
  'tool-limited': `The switch reached ${percentOf(TOOL_LIMITED_RATIO)} of what the same framework does without any switch: it may be faster than vswbench can show.`,
  'host-network':
    "The switch and its ports were in the host's own network (--host-network), where its network managers see them and its firewall reaches them: the figure is of this host as it is set up, not of the switch alone.",
  'bridge-netfilter':
    'The kernel passed bridged packets through iptables (net.bridge.bridge-nf-call-iptables = 1), which costs throughput; without it the bridge is faster.',
  'received-twice':
    'The kernel’s own IP stack processed each packet besides the packet socket, which costs throughput: to keep packets from it, tcx (Linux 6.6) and the right to load an eBPF program (CAP_BPF, CAP_NET_ADMIN) are needed.',
  'generic-xdp':
    'The XDP program ran in generic mode, behind the kernel’s receive path instead of in front of it, as the driver has no native one: the figure is not what AF_XDP is used for. Use an interface whose driver has native XDP.',
  copied:
    'AF_XDP copied each packet between the kernel’s memory and the application’s, as this driver has no zero-copy; a veth’s has none. The figure says what AF_XDP does between containers, not what it does on a card (docs/af-xdp.md).',
  'polled-by-timer':
    'Busy polling was asked for and the kernel did not do it: since Linux 6.14 it does so for zero-copy sockets alone. A timer polled the device every 200 µs instead, which carries more at high rates and delays packets.',
  disturbed:
    'A trial did not have its CPUs as it should, for the reasons that are told with it. Unless with --repeat none it was repeated once, and the repetition stands for its round where that was quiet; look at the reasons before relying on the figure.',
  'super-packets':
    'The packets of a burst crossed the kernel and the switch as one super-packet (UDP segmentation offload): the figure is of packets as the applications sent and received them, but the switch forwarded only one for a burst. It shows what a path can carry, and not how fast the switch handles single packets: do not rank it with figures that do.',
  'some-trials-failed':
    'Not every trial of this case was measured: the interval rests on those that were, and the failure may be part of the truth.',
  'background-not-reached': `The background’s sender put less than ${percentOf(RATE_KEPT_RATIO)} of its packets on its port: what was measured had less beside it than was asked for.`,
  'announce-rate-not-reached':
    'An end took longer to announce its addresses than --announce-rate asks for: the switch had more time to learn them than the case says.',
  'rate-not-reached': `The sender put less than ${percentOf(RATE_KEPT_RATIO)} of the packets that were due on its port: the case shows how fast it could send, not how the switch behaves at that rate.`,
  imprecise:
    'The 95 % interval is wider than the requested precision, and the maximum number of trials was reached (or the campaign ended): run more, or on a quieter machine.',
  bimodal:
    'The figure jumps between two levels, from trial to trial or within one: the median is that of the level that came more often, and unreliable. Find out what makes the difference.',
  emulated:
    'A host was an emulated machine: counts are valid, speeds are not. Never quote it as a figure of performance.',
  'unlike-machines':
    'Its shards are of machines that are not alike, and were merged all the same (--unlike-machines): the figure mixes them, and what separates two cases may be the machines.',
  drifted:
    'Canaries tell that the testbed was no longer the machine that it had been (vswbench canary --show): hold the figure against none of before, and measure it again.',
  'line-rate-limited': `The cable between the hosts carried ${percentOf(LINE_RATE_LIMITED_RATIO)} of its line rate or more: the switch may be faster than the cable.`,
  'shared-uplink':
    'The cable between the hosts carried packets that were not of the trial: other traffic took part of its capacity.',
  duplicates: `More than ${NOTABLE} of the packets that arrived were copies: they are no throughput, but took time to be made and received.`,
  corruption: `More than ${NOTABLE} of the packets that arrived were damaged: they are neither throughput nor lost.`,
  reordering: `More than ${NOTABLE} of the packets arrived after one that was sent later (RFC 4737).`,
  'late-packets': `More than ${NOTABLE} of the packets came so far behind others that nobody can tell a copy from a late arrival: they count as arrived, and losses may be hidden.`,
  'omitted-sends': `Packets that were due were never sent, as the port took none for longer than a sender waits (a client a second, a sender of a throughput case 10 ms; of the latter more than ${NOTABLE}): they were not offered, and are not lost. Their delays are known to be at least that long: a percentile that falls among them is not given.`,
  'few-packets': `A percentile is given only where ${BEYOND_MIN} packets or more lie beyond it: ${needs('p50')}, ${needs('p99')}, ${needs('p999')}, the trials of a case together. Measure longer, or at a higher rate.`,
  'started-twice':
    'The switch did not learn all addresses, and was restarted for the same trial: that says something about the switch, nothing about the figure.',
  'load-not-offered':
    'The sender could not offer more, though an objective was still met: the capacity is at least what is told, and the bounds tell how much was offered.',
  'lowest-load-lost':
    'An objective was not met even at the lowest rate of the search: there is no capacity for it, and 0 stands for it where it decides.',
  'search-cut-short':
    'The search ran out of time (--budget) before its bounds were decided and as narrow as requested: those given are what its trials pointed to.',
  'longest-burst-passed':
    'Even the longest train tried, a tenth of a second of traffic, came through: the path takes packets about as fast as the sender sends them, and the longest burst is at least that.',
  'shortest-burst-lost':
    'Fewer than half of the shortest trains came through without a loss or a refusal: there is no burst that the path takes, and 0 stands for it.',
  'ports-stay':
    'This switch cannot add or remove ports while it forwards: only the container came and went, its port stayed. Others were disturbed less than where ports come and go.',
  'applications-reused':
    'The applications of a trial stayed for the next one (--reuse): what is drawn anew with each start of theirs, such as where their memory lies, is the same in all of them, and intervals are too narrow by that.',
  'clock-drift':
    'The time-stamp counter, by which packets are paced and timed, drifted from the kernel’s clock, or the kernel does not trust it: delays and rates may be wrong.',
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
