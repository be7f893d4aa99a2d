// SPDX-License-Identifier: Apache-2.0
// What drivers do outside of their calls is kept from ending vswbench: a timer that throws, a promise that nobody waits for, a loop
// that never ends.
import { reasonOf } from '../run/failure.ts';
import { DriversAtWork, faultOf } from '../run/strangers.ts';
import { Watchdog } from '../run/watchdog.ts';
import { checkout, tell } from './context.ts';
import { EXIT, type ExitCode } from './errors.ts';

/** A loop is ended after so long: with what follows, an answer to Ctrl-C comes within five seconds. */
const LOOP_PATIENCE_MS = 1_500;
/** What had been waiting behind a loop may have gone with it. Where cleaning up stands still for that, the next command does it. */
const CLEAN_AFTER_LOOP_MS = 20_000;
const STOP_AFTER_LOOP_MS = 1_500;

export interface FaultGuard {
  /** Who is at work, and may be at fault. */
  atWork: DriversAtWork;
  end(): Promise<void>;
}

/** Guards this process until it is ended. `files` are those of users' drivers, by the id of the switch. */
export function guardAgainstFaults(files: ReadonlyMap<string, string>): FaultGuard {
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
  const watchdog = atWork.hasStrangers ? watchLoops(atWork) : null;
  return {
    atWork,
    async end() {
      forget();
      await watchdog?.stop();
    },
  };
}

/** Only where drivers are strangers': our own are tested. */
function watchLoops(atWork: DriversAtWork): Watchdog {
  let stopAsked = false;
  let looped: (() => boolean) | null = null;
  process.once('SIGINT', () => {
    // Before anything is measured nobody else listens, and a signal ends us as it does any program.
    if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
    stopAsked = true;
    if (looped !== null) giveUpAfter(STOP_AFTER_LOOP_MS, looped, EXIT.interrupted);
  });
  return new Watchdog({ root: checkout.root, patienceMs: LOOP_PATIENCE_MS }, ({ at, stack }) => {
    const reason = `a loop that did not end was ended: ${at}`;
    if (atWork.blame({ reason, stack }).whose !== 'at-work') tell(`vswbench: ${reason}`);
    const visits = atWork.present();
    const isStuck = () => visits.some((visit) => atWork.present().includes(visit));
    looped = isStuck;
    if (stopAsked) giveUpAfter(STOP_AFTER_LOOP_MS, isStuck, EXIT.interrupted);
    else giveUpAfter(CLEAN_AFTER_LOOP_MS, isStuck, EXIT.trialFailed);
  });
}

function giveUpAfter(ms: number, isStuck: () => boolean, exitCode: ExitCode): void {
  const end = () => {
    if (!isStuck()) return;
    tell("vswbench: stands still after a driver's loop and cannot clean up: run 'vswbench clean'");
    process.exit(exitCode);
  };
  setTimeout(end, ms).unref();
}
