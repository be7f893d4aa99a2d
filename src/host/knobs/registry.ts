// SPDX-License-Identifier: Apache-2.0
import { cStates } from './c-states.ts';
import { governor } from './governor.ts';
import { hugePages } from './huge-pages.ts';
import { irqs } from './irqs.ts';
import type { Knob } from './knob.ts';
import { nmiWatchdog } from './nmi-watchdog.ts';
import { numaBalancing } from './numa-balancing.ts';
import { rps } from './rps.ts';
import { smt } from './smt.ts';
import { timerMigration } from './timer-migration.ts';
import { turbo } from './turbo.ts';
import { workqueues } from './workqueues.ts';

/** Every knob, in the order in which they are turned and told of; the paper's three first. */
export const knobRegistry: readonly Knob[] = [
  governor,
  turbo,
  smt,
  irqs,
  cStates,
  nmiWatchdog,
  numaBalancing,
  hugePages,
  rps,
  timerMigration,
  workqueues,
];
