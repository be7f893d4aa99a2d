// SPDX-License-Identifier: Apache-2.0
// What a driver says of its switch before anything runs, asked once and behind the guard: whoever plans and places takes it for granted.
import { HostError } from '../host/host.ts';
import { PAIRS_MAX } from '../model/parameters.ts';
import type { FrameLimit, SwitchDriver } from '../switches/driver.ts';
import { ANSWERS, checkAnswer } from './driver-answers.ts';
import { CALL_LIMITS_MS, callDriver } from './driver-call.ts';
import { reasonOf, TrialFailure } from './failure.ts';
import { MEND } from './probe.ts';

/** The driver with its answers in place of its functions or, where one of them fails, as one whose switch is not there. */
export async function askedOnce(driver: SwitchDriver): Promise<SwitchDriver> {
  const { frameLimit: _, ...others } = driver;
  try {
    const threads = await threadsByPairs(driver);
    const limits = await frameLimits(driver);
    return {
      ...others,
      threads: (pairs) => threads[pairs - 1] ?? 0,
      frameLimit: (port, location) => limits.get(`${port} ${location}`) ?? null,
    };
  } catch (error) {
    const missing = reasonOf(error);
    return { ...others, threads: 0, probe: async () => ({ available: false, missing, mend: MEND }) };
  }
}

function threadsByPairs(driver: SwitchDriver): Promise<number[]> {
  const { threads } = driver;
  return called('threads', driver, async () => {
    const counts: number[] = [];
    for (let pairs = 1; pairs <= PAIRS_MAX; pairs += 1) {
      const answer = typeof threads === 'function' ? await threads(pairs) : threads;
      counts.push(checkAnswer(`threads(${pairs})`, ANSWERS.threadsFor, answer));
    }
    return counts;
  });
}

/** By port and location. */
function frameLimits(driver: SwitchDriver): Promise<Map<string, FrameLimit | null>> {
  return called('frameLimit', driver, async () => {
    const limits = new Map<string, FrameLimit | null>();
    for (const port of driver.ports) {
      for (const location of driver.locations) {
        const answer = await driver.frameLimit?.(port, location);
        const step = `frameLimit(${port}, ${location})`;
        limits.set(`${port} ${location}`, checkAnswer(step, ANSWERS.frameLimit, answer) ?? null);
      }
    }
    return limits;
  });
}

async function called<T>(name: 'threads' | 'frameLimit', driver: SwitchDriver, call: () => T | Promise<T>): Promise<T> {
  try {
    return await callDriver({ step: `${name}()`, limitMs: CALL_LIMITS_MS[name], signals: [] }, call);
  } catch (error) {
    const step = error instanceof TrialFailure ? error.step : `${name}()`;
    throw new HostError(`${step} of ${driver.id} fails: ${reasonOf(error)}`);
  }
}
