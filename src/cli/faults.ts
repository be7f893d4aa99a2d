// SPDX-License-Identifier: Apache-2.0
// What drivers do outside of their calls is kept from ending vswbench: a timer that throws, a promise that nobody waits for, a loop
// that never ends.
import { reasonOf } from '../run/failure.ts';
import { DriversAtWork, faultOf } from '../run/strangers.ts';
import type { Visit } from '../run/visit.ts';
import { type TakeOver, Watchdog } from '../run/watchdog.ts';
import { checkout, tell } from './context.ts';
import { EXIT } from './errors.ts';

/** A loop is ended after so long: with what follows, Ctrl-C has ended us within five seconds, and the hosts are clean. */
const LOOP_PATIENCE_MS = 1_500;
/** What had been waiting behind a loop may have gone with it. Where cleaning up stands still for that, it is done from outside. */
const CLEAN_AFTER_LOOP_MS = 20_000;
const STOP_AFTER_LOOP_MS = 1_000;

/** Who sends one of these wants us to stop. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const CODES_TAKEN_OVER = { stopped: EXIT.interrupted, still: EXIT.trialFailed };

/** What is known of a run before it begins. */
export interface GuardedRun {
  /** Of all its journals. */
  session: string;
  /** Names of hosts that are other machines. */
  elsewhere: readonly string[];
}

export interface FaultGuard {
  /** Who is at work, and may be at fault. */
  atWork: DriversAtWork;
  end(): void;
}

/** Guards this process until it is ended. `files` are those of users' drivers, by the id of the switch. */
export function guardAgainstFaults(files: ReadonlyMap<string, string>, run: GuardedRun): FaultGuard {
  const atWork = new DriversAtWork(files);
  const onFault = (error: unknown) => {
    const blame = atWork.blame(faultOf(error));
    if (blame.whose === 'gone') tell(`vswbench: ${blame.id} went on after its visit, and failed: ${reasonOf(error)}`);
    if (blame.whose !== 'nobody') return;
    forget();
    setImmediate(() => {
      throw error;
    });
  };
  const forget = () => {
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  if (atWork.hasStrangers) watchLoops(atWork, run);
  return { atWork, end: forget };
}

/**
 * Only where drivers are strangers': our own are tested. It watches until the process ends: what a driver has set going does not end with its
 * visit.
 */
function watchLoops(atWork: DriversAtWork, { session, elsewhere }: GuardedRun): void {
  let looped: Visit[] = [];
  const isOpen = (visit: Visit) => !visit.ended && !visit.side.host.lost.aborted;
  const takeOver: TakeOver = {
    ...{ stopMs: STOP_AFTER_LOOP_MS, stillMs: CLEAN_AFTER_LOOP_MS, exitCodes: CODES_TAKEN_OVER },
    cleaner: [process.execPath, `${checkout.root}/src/run/take-over.child.ts`, session, takenOver(elsewhere)],
  };
  const options = { root: checkout.root, patienceMs: LOOP_PATIENCE_MS, takeOver };
  const watchdog = new Watchdog(options, {
    isStuck: () => looped.some(isOpen),
    onEnded({ at, stack }) {
      const reason = `a loop that did not end was ended: ${at}`;
      if (atWork.blame({ reason, stack }).whose !== 'at-work') tell(`vswbench: ${reason}`);
      looped = [...looped.filter(isOpen), ...atWork.present()];
    },
  });
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      watchdog.hurry();
      // Before anything is measured nobody else listens, and a signal ends us as it does any program.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/** Said when another process has cleaned up. */
function takenOver(elsewhere: readonly string[]): string {
  const commands = elsewhere.map((name) => `'vswbench clean --host ${name}'`);
  const there = commands.length === 0 ? '' : `; for what is left elsewhere run ${commands.join(' and ')}`;
  return `vswbench: ended and cleaned up from outside, as a driver's loop left no time for that: $AT; mend the driver, or leave it out${there}`;
}
