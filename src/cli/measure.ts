// SPDX-License-Identifier: Apache-2.0
// A plan is carried out under the eyes of a user, who sees how far it is and may stop it.
import { carryOut, type Machinery, type PlanListener } from '../run/carry-out.ts';
import { type Plan, together } from '../run/parts.ts';
import type { Store } from '../store/store.ts';
import { resultsDirectory, tell, tellLeftover } from './context.ts';
import { LiveSocket } from './live.ts';
import { liveLine } from './live-lines.ts';
import { Progress, standardError } from './progress.ts';

/** How measuring ended. */
export interface Measured {
  /** It was told to stop before all was done. */
  interrupted: boolean;
  /** Of the campaign in the store; null where it was stopped before there was one. */
  id: string | null;
}

/** Who sends one of these wants us to stop, and to leave the host as it was. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the trials of a plan; a campaign that is new has its record made first. */
export async function measure(store: Store, plan: Plan, machinery: Machinery, isNew: boolean): Promise<Measured> {
  const interrupt = new AbortController();
  const onSignal = () => {
    tell(
      interrupt.signal.aborted ? 'Still cleaning up ...' : '\nStopping: cleaning up, and keeping what is measured ...',
    );
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const progress = new Progress(together(plan), standardError());
  const live = new LiveSocket(resultsDirectory);
  let campaign = isNew ? null : plan.campaign.id;
  const tellFar = () => live.tell({ live: 'progress', campaign, title: plan.campaign.title, ...progress.state });
  tellFar();
  const listener: PlanListener = {
    begun(id) {
      campaign = id;
      tellFar();
    },
    tell(event) {
      progress.show(event);
      const line = liveLine(event, progress);
      if (line !== null) live.tell(line);
      if (event.event === 'trial-ended' || event.event === 'repetition-planned') tellFar();
    },
    extend(extra) {
      progress.extend(extra);
      tellFar();
    },
    complain: tellLeftover,
  };
  try {
    const id = await carryOut(plan, { store, isNew }, machinery, listener, interrupt.signal);
    return { interrupted: interrupt.signal.aborted, id };
  } finally {
    live.close();
    progress.end();
    // The hosts are clean: from here on a signal ends us as it does any program.
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
