// SPDX-License-Identifier: Apache-2.0
// The polling threads of a switch, and which of them serves what comes in at which port.

/**
 * Who serves whom: the switch decides (`auto`); the queues of senders, and then those of receivers, are given to the threads in turn
 * (`ports`); or one thread has all senders, and the others have the receivers (`receivers`). The last two are the paper's section 4.6.
 */
export const PINS = ['auto', 'ports', 'receivers'] as const;
export type Pin = (typeof PINS)[number];

/** A queue of a port by which the switch receives what the application behind it sends. */
export interface PortQueue {
  pair: number;
  end: 'source' | 'sink';
  /** Of the port's, counted from 0. */
  queue: number;
}

/** A queue and the thread that polls it, by its number among those of the switch. */
export interface ServedQueue extends PortQueue {
  thread: number;
}

/** What a switch can be asked for where its polling threads may be more or fewer. */
export interface Workers {
  /** The most threads, on each host. */
  threadsMax: number;
  /** Why it has no more. */
  why?: string;
  /** No two of its threads can be on one CPU. */
  apart?: boolean;
  /** Where there are several, so many CPUs more are taken by threads of its own that do not poll, and which can share none with one that does. */
  cpusBeside?: number;
  /** It can be told which thread serves which queue. */
  pinned?: boolean;
  /** The most receive queues of a port; one where absent. */
  queuesMax?: number;
}

/** Which thread is to serve which queue; null where the switch decides. */
export function servedAsAsked(
  pin: Pin,
  ports: readonly Omit<PortQueue, 'queue'>[],
  { threads, queues }: { threads: number; queues: number },
): ServedQueue[] | null {
  if (pin === 'auto') return null;
  const behind = (end: PortQueue['end']) => ports.filter((port) => port.end === end);
  const [senders, receivers] = [queuesOf(behind('source'), queues), queuesOf(behind('sink'), queues)];
  switch (pin) {
    case 'ports':
      return inTurn([...senders, ...receivers], 0, threads);
    case 'receivers':
      return [...inTurn(senders, 0, 1), ...(threads === 1 ? inTurn(receivers, 0, 1) : inTurn(receivers, 1, threads))];
    default:
      return pin satisfies never;
  }
}

/** The queues of some ports, so many of each. */
export function queuesOf(ports: readonly Omit<PortQueue, 'queue'>[], queues: number): PortQueue[] {
  return ports.flatMap(({ pair, end }) => Array.from({ length: queues }, (_, queue) => ({ pair, end, queue })));
}

/** From thread `first` to the one before `end`, and again. */
function inTurn(queues: readonly PortQueue[], first: number, end: number): ServedQueue[] {
  return queues.map((one, index) => ({ ...one, thread: first + (index % (end - first)) }));
}

/** The thread that serves a queue, by a list of all. */
export function threadOf(served: readonly ServedQueue[], { pair, end, queue }: PortQueue): number | null {
  return served.find((one) => one.pair === pair && one.end === end && one.queue === queue)?.thread ?? null;
}
