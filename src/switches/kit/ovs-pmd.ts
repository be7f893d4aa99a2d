// SPDX-License-Identifier: Apache-2.0
// What the polling threads of an Open vSwitch (PMD) tell of themselves, and its main thread, which polls all ports that none of them does.
import type { SwitchFigures } from '../driver.ts';

/** Parses the answer of `dpif-netdev/pmd-rxq-show`: which CPU's thread polls which queue of which port. What is not enabled is not polled. */
export function parsePmdQueues(text: string): { cpu: number; port: string; queue: number }[] {
  return pmdThreads(text).flatMap(({ cpu, told }) =>
    [...told.matchAll(/^ *port: +(\S+) +queue-id: +(\d+) +\(enabled\)/gm)].map(([, port = '', queue]) => {
      return { cpu, port, queue: Number(queue) };
    }),
  );
}

/** What is told of each thread. */
function threadsIn(text: string): string[] {
  return text.split(/^(?=pmd thread|main thread)/m);
}

/** What is told of each polling thread, in the order of CPUs, without those threads that do not poll. */
function pmdThreads(text: string): { cpu: number; told: string }[] {
  return threadsIn(text)
    .flatMap((told) => {
      const [, cpu] = /^pmd thread numa_id \d+ core_id (\d+):/.exec(told) ?? [];
      return cpu === undefined ? [] : [{ cpu: Number(cpu), told }];
    })
    .sort((a, b) => a.cpu - b.cpu);
}

/** Of some threads together. */
function sumIn(threads: readonly string[], pattern: RegExp): number {
  return threads.reduce((total, told) => total + Number(pattern.exec(told)?.[1] ?? 0), 0);
}

/**
 * Parses the answer of `dpif-netdev/pmd-stats-show` since the last clear, all polling threads together: which part of their
 * cycles they spent on packets, how many cycles on one, which share of the packets each cache answered, and how many packets were in none. Empty
 * where they saw no packet. Where there are several threads, how busy each was, by its place in `cpus`.
 */
export function parsePmdStatistics(text: string, cpus: readonly number[]): SwitchFigures {
  const threads = pmdThreads(text);
  const told = threads.map((thread) => thread.told);
  const packets = sumIn(told, RECEIVED);
  if (packets === 0) return {};
  const idle = sumIn(told, /idle cycles: (\d+)/);
  const processing = sumIn(told, /processing cycles: (\d+)/);
  const busy = threads.map((thread) => {
    const own = sumIn([thread.told], /processing cycles: (\d+)/);
    const all = own + sumIn([thread.told], /idle cycles: (\d+)/);
    return [`thread${cpus.indexOf(thread.cpu)}BusyRatio`, own / Math.max(1, all)];
  });
  return {
    ...{ busyRatio: processing / (idle + processing), cyclesPerPacket: processing / packets },
    ...(threads.length > 1 ? Object.fromEntries(busy) : {}),
    ...lookups(told),
  };
}

/** The same of the main thread, which sleeps between packets and does not tell its cycles. */
export function parseMainThread(text: string): SwitchFigures {
  const main = threadsIn(text).filter((told) => told.startsWith('main thread'));
  return sumIn(main, RECEIVED) === 0 ? {} : lookups(main);
}

const RECEIVED = /packets received: (\d+)/;

/** Which share of the packets each cache answered, and how many were in none. */
function lookups(threads: readonly string[]): SwitchFigures {
  const hits = [/emc hits: (\d+)/, /smc hits: (\d+)/, /megaflow hits: (\d+)/].map((cache) => sumIn(threads, cache));
  const cacheMisses =
    sumIn(threads, /miss with success upcall: (\d+)/) + sumIn(threads, /miss with failed upcall: (\d+)/);
  // What is recirculated is looked up again.
  const all = hits.reduce((sum, hit) => sum + hit, cacheMisses);
  const [emcHitRatio = 0, smcHitRatio = 0, megaflowHitRatio = 0] = hits.map((hit) => (all === 0 ? 0 : hit / all));
  return { cacheMisses, emcHitRatio, smcHitRatio, megaflowHitRatio };
}
