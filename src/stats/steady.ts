// SPDX-License-Identifier: Apache-2.0
import type { SampleLine } from '../model/dataplane.ts';
import type { Sample } from '../model/result.ts';

/** A span of `CLOCK_MONOTONIC`, nanoseconds: the steady state lies between warm-up and shutdown. */
export interface WindowNs {
  beginNs: number;
  endNs: number;
}

/** What one application did between the first and the last sample of a window; rates refer to `durationS`. */
export interface SteadyUse {
  state: 'steady';
  /** Instants of the two samples used. */
  beginNs: number;
  endNs: number;
  durationS: number;
  txPackets: number;
  /** Unique and intact. */
  rxPackets: number;
  txPps: number;
  rxPps: number;
  /** Everything of ours that arrived, copies and damaged packets among it. */
  rawPps: number;
  /** CPU time of the polling thread per wall time: 1.0 is one CPU fully used. */
  cpus: number;
}

/** A rate needs two instants; a window with fewer has none, and says so rather than giving 0. */
export interface TooFewSamples {
  state: 'too-few-samples';
  samples: number;
}

/**
 * Rates and CPU use of one application over a window: differences of its counters between the first sample at or
 * after the window's begin and the last at or before its end. Samples may come in any order.
 */
export function steadyUse(samples: readonly SampleLine[], window: WindowNs): SteadyUse | TooFewSamples {
  const inside = samples
    .filter((sample) => sample.t_ns >= window.beginNs && sample.t_ns <= window.endNs)
    .sort((a, b) => a.t_ns - b.t_ns);
  const first = inside[0];
  const last = inside.at(-1);
  if (first === undefined || last === undefined || first.t_ns === last.t_ns) {
    return { state: 'too-few-samples', samples: new Set(inside.map((sample) => sample.t_ns)).size };
  }
  const durationNs = last.t_ns - first.t_ns;
  const durationS = durationNs / 1e9;
  const txPackets = last.tx_packets - first.tx_packets;
  const rxPackets = last.rx_unique_packets - first.rx_unique_packets;
  return {
    state: 'steady',
    beginNs: first.t_ns,
    endNs: last.t_ns,
    durationS,
    txPackets,
    rxPackets,
    txPps: txPackets / durationS,
    rxPps: rxPackets / durationS,
    rawPps: (last.rx_packets - first.rx_packets) / durationS,
    cpus: (last.cpu_ns - first.cpu_ns) / durationNs,
  };
}

/** The samples of all applications of one trial, and what is needed to line them up. */
export interface ProgressInput {
  /** Applications whose `tx_packets` count as offered, one list each. */
  sources: readonly (readonly SampleLine[])[];
  /** Applications whose unique and intact packets count as received; for `latency` the clients again, which count their echoes. */
  sinks: readonly (readonly SampleLine[])[];
  startedNs: number;
  intervalNs: number;
  window: WindowNs;
}

/**
 * Progress of a trial, summed over its pairs. Applications sample at the same multiples of the interval, but notice one
 * only when a burst ends; so a sample belongs to the multiple that it follows. Instants that an application missed
 * are left out: a sum with a part missing would look like a stall.
 */
export function sumOverPairs(input: ProgressInput): Sample[] {
  const sources = input.sources.map((samples) => byTick(samples, input.intervalNs));
  const sinks = input.sinks.map((samples) => byTick(samples, input.intervalNs));
  const [first, ...others] = [...sources, ...sinks];
  if (first === undefined) return [];
  const ticks = [...first.keys()].filter((tick) => others.every((other) => other.has(tick))).sort((a, b) => a - b);
  return ticks.map((tick) => {
    // The sender's own instant where there is one: it is what the offered rate refers to.
    const tNs = first.get(tick)?.t_ns ?? tick * input.intervalNs;
    return {
      tS: (tNs - input.startedNs) / 1e9,
      offeredPackets: total(sources, tick, 'tx_packets'),
      receivedPackets: total(sinks, tick, 'rx_unique_packets'),
      steady: tNs >= input.window.beginNs && tNs <= input.window.endNs,
    };
  });
}

/** The earliest sample of each interval: the one taken at start or end may share its interval with a regular one. */
function byTick(samples: readonly SampleLine[], intervalNs: number): Map<number, SampleLine> {
  const ticks = new Map<number, SampleLine>();
  for (const sample of samples) {
    const tick = Math.floor(sample.t_ns / intervalNs);
    const known = ticks.get(tick);
    if (known === undefined || sample.t_ns < known.t_ns) ticks.set(tick, sample);
  }
  return ticks;
}

function total(apps: Map<number, SampleLine>[], tick: number, counter: 'tx_packets' | 'rx_unique_packets'): number {
  return apps.reduce((sum, app) => sum + (app.get(tick)?.[counter] ?? 0), 0);
}
