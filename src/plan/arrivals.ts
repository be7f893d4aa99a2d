// SPDX-License-Identifier: Apache-2.0
// Arrivals that a rate or a burst leaves no room for are told before the first trial.
import { fastestOf, type Trains, trainsOf } from '../model/arrivals.ts';
import type { TestCase } from '../model/testcase.ts';
import { quantity } from '../model/units.ts';

type ArrivalsAsked = Pick<TestCase, 'arrivals' | 'rate' | 'burst'>;

/** Why bursts cannot be due like that in a window of this length, with the mend; empty where they can. */
export function arrivalObstacles({ arrivals, rate, burst }: ArrivalsAsked, durationMs: number): string[] {
  if (arrivals === 'regular') return [];
  const trains = trainsOf(arrivals);
  if (trains === null) {
    return rate === 'max' ? [`${arrivals} arrivals need a mean rate: give -R, as -R 100k`] : [];
  }
  const odd =
    trains.packets % burst === 0 ? [] : [`${told(trains)} is not of whole bursts of ${burst}: give ${mend(trains)}`];
  const fastest = fastestOf(trains);
  if (rate === 'max') {
    return [
      ...odd,
      `${arrivals} arrivals need a mean rate: give -R ${fastest}, with which a train is sent at once, or less`,
    ];
  }
  if (rate * trains.pauseNs > trains.packets * 1e9) {
    return [
      ...odd,
      `${told(trains)} leaves no pause like that at ${quantity(rate)} packets/s: give -R ${fastest} or less`,
    ];
  }
  const roundMs = (trains.packets * 1000) / rate;
  if (roundMs <= durationMs) return odd;
  const long = `${told(trains)} and its pause take ${roundMs / 1000} s at ${quantity(rate)} packets/s, longer than the window of ${durationMs / 1000} s`;
  return [...odd, `${long}: give a longer --duration`];
}

function told({ packets }: Trains): string {
  return `a train of ${packets} packets`;
}

function mend({ packets }: Trains): string {
  const largest = Array.from({ length: 1024 }, (_, index) => 1024 - index).find((burst) => packets % burst === 0);
  return `-B 1${largest === undefined || largest === 1 ? '' : `, or another part of it up to ${largest}`}`;
}
