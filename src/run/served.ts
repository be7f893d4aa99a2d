// SPDX-License-Identifier: Apache-2.0
// Which thread of the switch serves which queue: read back from the switch when it is settled, and held against what was asked.
import type { TestCase } from '../model/testcase.ts';
import { type PortQueue, queuesOf, type ServedQueue, servedAsAsked, threadOf } from '../model/workers.ts';
import { TrialFailure } from './failure.ts';
import type { RunningSide } from './trial.ts';

/** The step of a trial in which the switch is asked. */
const STEP = 'place switch threads';

/** What the switches of all sides say, in the order of pairs; null where they tell nothing. Throws TrialFailure where it is not as asked. */
export async function readServed(sides: readonly RunningSide[], testCase: TestCase): Promise<ServedQueue[] | null> {
  const told = await Promise.all(
    sides.map(async ({ side, running }) => {
      if (running.served === undefined) {
        // One that has but one thread has nothing to tell.
        const { switchThreads, queues, pin } = testCase;
        if ((switchThreads === 'auto' || switchThreads === 1) && queues === 1 && pin === 'auto') return null;
        throw new TrialFailure(STEP, `${testCase.switch} does not tell which thread serves which port`);
      }
      const served = await running.served();
      const ends =
        sides.length === 1 ? (['source', 'sink'] as const) : ([side.role === 'far' ? 'sink' : 'source'] as const);
      const ports = Array.from({ length: testCase.pairs }, (_, pair) => ends.map((end) => ({ pair, end }))).flat();
      const wrong = contradiction(served, ports, testCase);
      if (wrong !== null) throw new TrialFailure(STEP, wrong);
      return served;
    }),
  );
  const all = told.flatMap((served) => served ?? []);
  return told.every((served) => served === null) ? null : all.toSorted(inOrder);
}

/** What of it is not as was asked; null where all is. */
export function contradiction(
  served: readonly ServedQueue[],
  ports: readonly Omit<PortQueue, 'queue'>[],
  { switchThreads, queues, pin }: Pick<TestCase, 'switchThreads' | 'queues' | 'pin'>,
): string | null {
  const threads = switchThreads === 'auto' ? Number.POSITIVE_INFINITY : switchThreads;
  const unserved = queuesOf(ports, queues).find((queue) => threadOf(served, queue) === null);
  if (unserved !== undefined) return `no thread serves ${nameOf(unserved)}`;
  const extra = served.find(({ queue }) => queue >= queues);
  if (extra !== undefined) return `${nameOf(extra)} is one too many: there are to be ${queues}`;
  const odd = served.find(({ thread }) => thread >= threads);
  if (odd !== undefined) return `${nameOf(odd)} is served by thread ${odd.thread}, and there are to be ${threads}`;
  const count = new Set(served.map(({ thread }) => thread)).size;
  const asked = servedAsAsked(pin, ports, { threads: switchThreads === 'auto' ? count : threads, queues });
  const other = asked?.find((one) => threadOf(served, one) !== one.thread);
  return other === undefined
    ? null
    : `${nameOf(other)} is served by thread ${threadOf(served, other)}, not by ${other.thread} as --pin ${pin} has it`;
}

function nameOf({ pair, end, queue }: PortQueue): string {
  return `queue ${queue} of the ${end} of pair ${pair}`;
}

function inOrder(a: ServedQueue, b: ServedQueue): number {
  return a.pair - b.pair || b.end.localeCompare(a.end) || a.queue - b.queue;
}
