// SPDX-License-Identifier: Apache-2.0
// What would make the figures wrong: every reason to doubt that the campaign's own record gives.
import { COUNTER_CLOCKSOURCES, type Inventory } from '../model/inventory.ts';
import type { Repeat } from '../model/repetition.ts';
import type { CampaignResult, CaseResult, Evidence, Flag, TwoModes } from '../model/result.ts';
import { farHostOf, type HostRecord, nearOf } from '../model/testbed.ts';
import { percentOf } from '../model/units.ts';
import { TOOL_LIMITED_RATIO } from '../stats/ceiling.ts';
import { groupCases } from '../stats/group.ts';
import { LINE_RATE_LIMITED_RATIO } from '../stats/line-rate.ts';
import { modesOf } from '../stats/modes.ts';
import { sumOf } from '../stats/sum.ts';
import { CEILING } from '../stats/verdict.ts';
import { caseName, decidingScale, inScale, listed, whereOf, withUnit } from './format.ts';
import { leftBehindDoubts } from './left-behind.ts';
import { tuningDoubts } from './tuning.ts';

/** A reason to doubt: what, and what follows from it. */
export interface Doubt {
  what: string;
  consequence: string;
}

/** Above this share of time taken by the hypervisor a reader should worry. */
const STEAL_NOTABLE = 0.01;

/** Every doubt that applies, the gravest kinds first. Never empty: no measurement is beyond doubt. */
export function doubts(result: CampaignResult): Doubt[] {
  return [
    ...placementDoubts(result),
    ...linkDoubts(result),
    ...machineDoubts(result),
    ...tuningDoubts(result),
    ...leftBehindDoubts(result),
    ...noiseDoubts(result),
    ...evidenceDoubts(result),
  ];
}

function withFlag(result: CampaignResult, flag: Flag): string | null {
  const measured = result.results.filter((one) => one.summary !== null);
  const count = measured.filter((one) => one.flags.includes(flag)).length;
  if (count === 0) return null;
  return count === measured.length ? 'all cases' : `${count} of ${measured.length} cases`;
}

function placementDoubts(result: CampaignResult): Doubt[] {
  const shared = withFlag(result, 'shared-cpu');
  const housekeeping = withFlag(result, 'shared-housekeeping');
  return [
    ...when(shared !== null, {
      what: `CPUs were shared (${shared})`,
      consequence:
        'Applications or switch threads took turns on a CPU. With a CPU for each of them, figures rise, and not all by the same factor.',
    }),
    ...when(housekeeping !== null, {
      what: `No CPU was kept free for the rest of the system (${housekeeping})`,
      consequence: 'Interrupts, daemons and vswbench itself took time from what was measured.',
    }),
  ];
}

function linkDoubts(result: CampaignResult): Doubt[] {
  const emulated = withFlag(result, 'emulated');
  const limited = withFlag(result, 'line-rate-limited');
  const shared = withFlag(result, 'shared-uplink');
  const remote = new Set(result.results.flatMap((one) => (one.case.location === 'remote' ? [one.case.testbed] : [])));
  const inOne = [...remote].filter(
    (testbed) => farHostOf(result, testbed)?.inventory.hostname === nearOf(result, testbed).hostname,
  );
  return [
    ...when(emulated !== null, {
      what: `A machine was emulated (${emulated})`,
      consequence:
        'A program did the work of its CPUs: counts of packets are valid, figures of speed and CPU use are not.',
    }),
    ...when(inOne.length > 0, {
      what: `Both hosts were parts of one machine (${inOne.map((testbed) => `testbed ${testbed}`).join(', ')})`,
      consequence:
        'They shared its CPUs, and the cable between them was a copy within its memory: the figures show that the remote scenario works, not how fast two machines would be.',
    }),
    ...when(limited !== null, {
      what: `The cable was the limit (${limited})`,
      consequence: `It carried ${percentOf(LINE_RATE_LIMITED_RATIO)} of its line rate or more; the switch may be faster than this cable shows.`,
    }),
    ...when(shared !== null, {
      what: `The cable carried packets of others (${shared})`,
      consequence: 'What they took of it, and of the CPUs that served it, is missing in the figures.',
    }),
  ];
}

function machineDoubts(result: CampaignResult): Doubt[] {
  const drifted = withFlag(result, 'drifted');
  const filtered = withFlag(result, 'bridge-netfilter');
  const machines = new Map(result.hosts.map((host) => [host.inventory.hostname, host]));
  const found = [...machines.values()].flatMap(({ inventory, tuning }) =>
    inventoryDoubts(inventory, tuning).map((doubt) => ({ doubt, hostname: inventory.hostname })),
  );
  return [
    ...when(drifted !== null, {
      what: `The testbed had drifted (${drifted})`,
      consequence:
        'Its canaries before and after show another machine; vswbench canary --show tells by how much, since when, and what changed in its record.',
    }),
    ...when(filtered !== null, {
      what: `Bridged packets passed through iptables (${filtered})`,
      consequence:
        'net.bridge.bridge-nf-call-iptables is 1: kernel paths over a bridge are slower than they need to be.',
    }),
    ...elsewhereDoubts(result),
    ...[...Map.groupBy(found, ({ doubt }) => doubt.what)].flatMap(([what, those]) => {
      const names = machines.size === 1 ? '' : `: ${listed(those.map(({ hostname }) => hostname))}`;
      return those.slice(0, 1).map(({ doubt: { consequence } }) => ({ what: `${what}${names}`, consequence }));
    }),
  ];
}

/** Of a campaign that was cut into shards, or went on with another worker of a lab. */
function elsewhereDoubts({ hosts, results }: CampaignResult): Doubt[] {
  const recorded = new Set(hosts.map(({ inventory }) => inventory.hostname));
  const machines = results.flatMap(({ evidence }) => evidence.machines);
  if (machines.every(({ hostnames }) => hostnames.every((name) => recorded.has(name)))) return [];
  const counts = [...Map.groupBy(machines, ({ hostnames }) => hostnames.join(' and '))].map(
    ([names, those]) => `${sumOf(those, ({ trials }) => trials)} on ${names}`,
  );
  return [
    {
      what: `Trials were measured on several machines (${listed(counts)})`,
      consequence:
        'Their records are equal but for their names. What no record tells, as heat or which slots have memory, may differ between them, and then widens intervals.',
    },
  ];
}

function inventoryDoubts(inventory: Inventory, tuning: HostRecord['tuning']): Doubt[] {
  const { virtualization, clocksource, invariantTsc, knobs, mitigations, loadAverage, cpus } = inventory;
  const tuned = tuning.find(({ knob }) => knob === 'governor')?.state === 'applied';
  const governor = tuned ? 'performance' : knobs['cpufreq.scaling_governor'];
  const active = Object.values(mitigations).filter((text) => text.startsWith('Mitigation')).length;
  return [
    ...when(virtualization !== null, {
      what: `The machine is virtual (${virtualization})`,
      consequence:
        'Its CPUs are threads of another system, whose load, frequency and topology cannot be seen from inside. Absolute figures do not carry over to bare metal; ratios carry over better.',
    }),
    ...when(governor !== undefined && governor !== 'performance', {
      what: `The CPU frequency governor was ${governor}`,
      consequence: 'The clock followed the load, so a case may have run at another frequency than the one before.',
    }),
    ...when(governor === undefined, {
      what: 'The CPU frequency could not be controlled or seen',
      consequence:
        'Turbo and power states of the host may have changed between trials; the random order spreads that over all cases.',
    }),
    ...when(knobs['kernel tracing'] !== undefined, {
      what: `The kernel traced (${knobs['kernel tracing']})`,
      consequence:
        'What it traces takes longer, packets perhaps among it: without it, figures are better, and not all by the same factor.',
    }),
    ...when(!invariantTsc, {
      what: `The time-stamp counter is not invariant (clock source ${clocksource})`,
      consequence: 'Pacing and one-way delays rest on it and may drift with the CPU frequency.',
    }),
    ...when(!COUNTER_CLOCKSOURCES.includes(clocksource), {
      what: `The kernel did not use the time-stamp counter as its clock (clock source ${clocksource})`,
      consequence:
        'It has no reliable one, or found it to be wrong. Packets are timed and paced by it nevertheless: no delay or rate is safe.',
    }),
    ...when(loadAverage > 0.5, {
      what: `The machine was busy when the campaign began (load average ${loadAverage.toFixed(2)} on ${cpus.length} CPUs)`,
      consequence: 'Something else ran beside the measurement.',
    }),
    ...when(active > 0, {
      what: `Mitigations of CPU vulnerabilities were active (${active})`,
      consequence: 'Frameworks that make many system calls pay more for them than those that poll memory.',
    }),
  ];
}

/** What became of disturbed trials. */
const REPEATED: Readonly<Record<Repeat, string>> = {
  disturbed:
    'Each was repeated once, and the repetition stands for the round where it was quiet. Where it was not, the figure may be the machine’s.',
  none: 'None was repeated (--repeat none): the figure may be the machine’s.',
};

type Worst = NonNullable<Evidence['worst']>;

function noiseDoubts(result: CampaignResult): Doubt[] {
  const worst = (value: (evidence: Worst) => number): { value: number; one: CaseResult } | null => {
    const all = result.results.flatMap((one) =>
      one.evidence.worst === null ? [] : [{ one, value: value(one.evidence.worst) }],
    );
    return all.reduce<{ value: number; one: CaseResult } | null>(
      (most, next) => (most === null || next.value > most.value ? next : most),
      null,
    );
  };
  const steal = worst(({ stealRatio }) => stealRatio);
  if (steal === null) return [];
  const strangers = worst(({ strangersRatio }) => strangersRatio ?? 0);
  const disturbed = sumOf(result.results, ({ evidence }) => evidence.disturbed);
  const [first] = result.results.flatMap(({ evidence }) => evidence.firstDisturbed ?? []);
  const percent = (ratio: number) => `${(100 * ratio).toFixed(2)} %`;
  return [
    ...when(disturbed > 0, {
      what: `${disturbed} of ${countTrials(result)} trials were disturbed; the first because ${first?.reasons.join(', and ')}`,
      consequence: `They are found by a rule that never looks at what was measured (docs/method.md). ${REPEATED[result.repeat]}`,
    }),
    steal.value > STEAL_NOTABLE
      ? {
          what: `The hypervisor took up to ${percent(steal.value)} of the measured CPUs’ time (worst: ${nameOf(result, steal.one)})`,
          consequence: 'Other guests were at work. Wide intervals and outliers may be theirs.',
        }
      : {
          what: `Steal time was at most ${percent(steal.value)}`,
          consequence: 'As far as the kernel can tell, no other guest disturbed the measurement.',
        },
    ...when(strangers !== null && strangers.value > 0, {
      what: `Programs that are no part of a trial had up to ${percent(strangers?.value ?? 0)} of a measured CPU${strangers === null ? '' : ` (worst: ${nameOf(result, strangers.one)})`}`,
      consequence:
        'CPU time that the trial did not have. Where it was more than the rule allows (docs/method.md), the trial counts as disturbed.',
    }),
  ];
}

function countTrials(result: CampaignResult): number {
  return sumOf(result.results, ({ evidence }) => evidence.trials);
}

function evidenceDoubts(result: CampaignResult): Doubt[] {
  const measured = result.results.filter((one) => one.summary !== null);
  const weak = measured.filter((one) => one.summary?.throughputPps.method !== 'order-statistics').length;
  const lossy = measured.filter((one) => (one.summary?.lossRatio ?? 0) > 0.001).length;
  const paths = receivePaths(measured);
  const mixed = groupCases(measured).some(({ cases }) => new Set(cases.map((one) => one.case.io)).size > 1);
  const limited = withFlag(result, 'tool-limited');
  const short = withFlag(result, 'rate-not-reached');
  const superPackets = withFlag(result, 'super-packets');
  const stalled = measured.flatMap((one) => (one.flags.includes('bimodal') ? [] : (changeOf(result, one) ?? [])));
  const modal = measured.flatMap((one) => (one.flags.includes('bimodal') ? [levels(result, one)] : []));
  const imprecise = withFlag(result, 'imprecise');
  const moderated = [...new Set(measured.filter(moderates).map((one) => one.case.io))].sort();
  return [
    ...when(modal.length > 0, {
      what: `The figure had two levels (${modal.join('; ')})`,
      consequence:
        'The median is that of the level that came more often, and may be the other one next time. Something decides between them, such as where memory lies, or another load on the machine. Until that is known, a verdict on these cases is one on how often each level came.',
    }),
    ...when(stalled.length > 0, {
      what: `Single trials changed their rate on the way (${stalled.join('; ')})`,
      consequence:
        'Something slowed them down for a while, or stopped doing so. A single trial does not decide the median of its case; look at it before quoting that trial.',
    }),
    ...when(imprecise !== null, {
      what: `The requested precision was not reached (${imprecise})`,
      consequence: 'After the maximum number of trials the interval was still wider.',
    }),
    ...when(superPackets !== null, {
      what: `Packets crossed the switch as super-packets (${superPackets})`,
      consequence:
        'The switch forwarded one super-packet where others forward a burst of packets: these figures show what the path can carry, not how fast it switches (docs/decisions/0005-udp-gso.md).',
    }),
    ...when(limited !== null, {
      what: `Some figures are the tool’s own limit (${limited})`,
      consequence: `They reach ${percentOf(TOOL_LIMITED_RATIO)} of what the same framework does without a switch; the switch may be faster.`,
    }),
    ...when(short !== null, {
      what: `The sender did not reach the intended rate (${short})`,
      consequence: 'These cases show how fast packets can be sent, not how the switch takes the intended load.',
    }),
    ...when(lossy > 0, {
      what: `More than 0.1 % of the packets were lost (${lossy} of ${measured.length} cases)`,
      consequence: 'Throughput is what was received, not the highest rate without loss: sweep -R for that.',
    }),
    ...when(moderated.length > 0, {
      what: `Receivers left their queues alone for up to 10 µs at high rates (${listed(moderated)})`,
      consequence:
        'It gains 8 to 17 % of throughput over polling them continuously, and may add up to 10 µs to one-way delays (docs/decisions/0004-kernel-receive-path.md); --rx-moderation off shows the figure without it.',
    }),
    ...when(
      measured.some((one) => one.case.switch !== CEILING),
      {
        what: 'Each pair was one flow, with two addresses and two ports',
        consequence:
          'A switch that caches its decision per flow finds it for each packet but the first: its best case. With many flows it is slower; these figures do not show by how much.',
      },
    ),
    ...when(mixed, {
      what: 'Different frameworks are compared with each other',
      consequence:
        'Some write whole frames, some only a UDP payload and leave the headers to the kernel. Only rows with the same framework compare switches alone.',
    }),
    ...when(paths.length > 0, {
      what: `How packets reached their sockets (${paths.join(', ')})`,
      consequence:
        'Receivers of this framework have several ways, at different cost: compare only with figures of the same way (docs/decisions/0004-kernel-receive-path.md).',
    }),
    ...when(weak > 0, {
      what: `Fewer than six trials were measured (${weak} of ${measured.length} cases)`,
      consequence: 'Their intervals assume a normal distribution (two to five trials), or there is none (one trial).',
    }),
  ];
}

function moderates({ evidence }: CaseResult): boolean {
  return evidence.rxModerated;
}

/** Between which levels a case changed, from trial to trial and within trials. */
function levels(result: CampaignResult, one: CaseResult): string {
  const { between, changed, firstChanged } = modesOf(one);
  return [
    nameOf(result, one),
    ...(between === null ? [] : [`${twoRates(one, between)} in ${between.low.count} and ${between.high.count} trials`]),
    ...(firstChanged === null
      ? []
      : [`changed within ${changed} of its trials, as between ${twoRates(one, firstChanged.levels)}`]),
  ].join(', ');
}

/** The trial of a case that changed its rate, by its round; null where there is none. */
function changeOf(result: CampaignResult, one: CaseResult): string | null {
  const { changed, firstChanged } = modesOf(one);
  if (firstChanged === null) return null;
  const more = changed === 1 ? '' : ` and ${changed - 1} more`;
  return `${nameOf(result, one)} in round ${firstChanged.round + 1}${more}, between ${twoRates(one, firstChanged.levels)}`;
}

function twoRates(one: CaseResult, { low, high }: TwoModes): string {
  const scale = decidingScale(one.case.dimension, high.mean);
  return `${inScale(low.mean, scale)} and ${withUnit(high.mean, scale)}`;
}

/** `framework: path` for each framework that has more than one way of receiving. */
function receivePaths(measured: readonly CaseResult[]): string[] {
  const found = measured.flatMap((one) => one.evidence.receivePaths.map((path) => `${one.case.io}: ${path}`));
  return [...new Set(found)].sort();
}

/** A case with its machine, where there are several. */
function nameOf(result: CampaignResult, one: CaseResult): string {
  return `${caseName(one.case)}${whereOf(result, one.case)}`;
}

function when(applies: boolean, doubt: Doubt): Doubt[] {
  return applies ? [doubt] : [];
}
