// SPDX-License-Identifier: Apache-2.0
// When the bursts of a sender are due, as users, records and traffic applications write it.
import { type Parsed, parseQuantity, quantity } from './units.ts';

/** As it is recorded: pauses in the largest unit that leaves them whole. */
export const ARRIVALS = /^(regular|poisson|on-off:[1-9]\d{0,6}\/[1-9]\d*(ns|us|ms|s))$/;

const TRAIN_PACKETS_MAX = 2 ** 20;
const HOUR_NS = 3.6e12;
const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
  ['ns', 1],
] as const;

/** Trains of packets with pauses between them. */
export interface Trains {
  packets: number;
  pauseNs: number;
}

/** The trains that arrivals are of; null where they are not. */
export function trainsOf(arrivals: string): Trains | null {
  const [, packets, pause = ''] = /^on-off:(\d+)\/(.+)$/.exec(arrivals) ?? [];
  return packets === undefined ? null : { packets: Number(packets), pauseNs: nsOf(pause) };
}

function nsOf(pause: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(pause) ?? [];
  const found = UNITS.find(([name]) => name === unit);
  return found === undefined ? Number.NaN : Number(digits) * found[1];
}

/** Reads what a user gave: `regular`, `poisson`, `on-off:32/1ms`. */
export function arrivalsOf(item: string): Parsed<string[]> {
  if (item === 'regular' || item === 'poisson') return { ok: true, value: [item] };
  const [, train = '', pause = ''] = /^on-off:([^/]+)\/(.+)$/.exec(item) ?? [];
  const packets = parseQuantity(train);
  const pauseNs = nsOf(pause.replace('µs', 'us'));
  if (!packets.ok || Number.isNaN(pauseNs)) {
    return refused(
      `'${item}' is not regular, poisson, or on-off with the packets of a train and a pause, as on-off:32/1ms`,
    );
  }
  if (packets.value < 1 || packets.value > TRAIN_PACKETS_MAX) {
    return refused(`'${item}' has trains of ${packets.value} packets; give 1 to ${TRAIN_PACKETS_MAX}`);
  }
  if (pauseNs < 1 || pauseNs > HOUR_NS) return refused(`'${item}' has a pause out of range; give 1ns to 3600s`);
  const [unit, ns] = UNITS.find(([, size]) => pauseNs % size === 0) ?? UNITS[3];
  return { ok: true, value: [`on-off:${packets.value}/${pauseNs / ns}${unit}`] };
}

/** The highest mean rate at which trains leave their pause, as the option takes it. */
export function fastestOf({ packets, pauseNs }: Trains): string {
  return quantity(Math.floor((packets * 1e9) / pauseNs));
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
