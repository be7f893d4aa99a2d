// SPDX-License-Identifier: Apache-2.0
// What the present trial does, out of the samples that its applications tell anyway.
import type { SampleLine } from '../model/dataplane.ts';
import type { Rates } from '../model/live.ts';

type Sample = Pick<SampleLine, 't_ns' | 'tx_packets' | 'rx_unique_packets' | 'cpu_ns'>;

/** The samples of each application, by what it does; one that does both is in both. */
export interface Sampled {
  senders: readonly (readonly Sample[])[];
  receivers: readonly (readonly Sample[])[];
  /** Those whose CPU time is the receivers': not that of one that sends as well. */
  others: readonly (readonly Sample[])[];
}

/** Between the last two samples of each; null where one has not taken two yet. `startNs` is of the first sender's clock. */
export function ratesOf({ senders, receivers, others }: Sampled, startNs: number): Rates | null {
  const last = senders[0]?.at(-1);
  if (last === undefined || [...senders, ...receivers].some((samples) => samples.length < 2)) return null;
  const sum = (all: readonly (readonly Sample[])[], of: (sample: Sample) => number) =>
    all.reduce((total, samples) => total + perSecond(samples, of), 0);
  return {
    tS: Math.max(0, (last.t_ns - startNs) / 1e9),
    offeredPps: sum(senders, (sample) => sample.tx_packets),
    receivedPps: sum(receivers, (sample) => sample.rx_unique_packets),
    senderCpus: sum(senders, (sample) => sample.cpu_ns) / 1e9,
    receiverCpus: sum(others, (sample) => sample.cpu_ns) / 1e9,
  };
}

function perSecond(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const [before, last] = [samples.at(-2), samples.at(-1)];
  if (before === undefined || last === undefined || last.t_ns <= before.t_ns) return 0;
  return ((of(last) - of(before)) / (last.t_ns - before.t_ns)) * 1e9;
}
