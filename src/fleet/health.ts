// SPDX-License-Identifier: Apache-2.0
// Whether a testbed may be given work, and when it has to measure a canary, by those that it has measured. Pure.
import type { Canary } from '../model/canary.ts';
import type { HostRecord } from '../model/testbed.ts';
import { canaryDue, changedText, type Due, figureName, judgeCanaries, type Standing } from '../stats/canaries.ts';
import type { Health } from './model.ts';

/** Canaries that could not be measured, since the last one that was. */
export interface Failures {
  times: number;
  /** The latest; null where there is none. */
  last: { at: string; reason: string } | null;
}

/** So long after one that could not be measured the next is tried; sooner where the testbed is held for it. */
const AGAIN_MS = { held: 10 * 60_000, working: 3600_000 };

/** After so many a testbed is not held any longer for a suspicion: they tell nothing of it. */
const HELD_FAILURES_MAX = 3;

/** Of a kernel that changed a hundred lines would tell. */
const CHANGES_TOLD = 4;

export interface Verdict {
  health: Health;
  due: Due;
}

/** `canaries` are those of the testbed's machines, oldest first, and `hosts` is what these are now. */
export function verdictOf(
  canaries: readonly Canary[],
  hosts: readonly HostRecord[],
  failures: Failures,
  nowMs: number,
): Verdict {
  const standing = judgeCanaries(canaries);
  const health = healthOf(standing, canaries.at(-1)?.measuredAt ?? '', failures);
  const due = canaryDue(canaries, hosts, nowMs);
  if (!due.due || failures.last === null) return { health, due };
  const againMs = Date.parse(failures.last.at) + AGAIN_MS[health.state === 'suspect' ? 'held' : 'working'];
  return { health, due: nowMs < againMs ? { due: false, atMs: againMs } : due };
}

function healthOf(standing: Standing, measuredAt: string, { times, last }: Failures): Health {
  const failed = last === null ? '' : `its latest canary could not be measured (${last.reason})`;
  switch (standing.state) {
    case 'learning':
    case 'steady':
      return last === null ? { state: 'good' } : { state: 'good', note: failed };
    case 'suspect': {
      const reason = `${figureName(standing.figure)} is not what it was`;
      const told = last === null ? reason : `${reason}, and ${failed}`;
      // What cannot be measured would keep it from work for ever.
      if (times >= HELD_FAILURES_MAX) return { state: 'good', note: told };
      return { state: 'suspect', since: measuredAt, reason: told };
    }
    case 'drifted': {
      const { shifts, changes, lastGoodAt } = standing;
      const shifted = shifts.map(({ figure, ratio }) => `${figureName(figure)} ${percent(ratio.ratio)}`).join(', ');
      const more = changes.length > CHANGES_TOLD ? ` and ${changes.length - CHANGES_TOLD} more` : '';
      const changed =
        changes.length === 0
          ? 'its record has not changed'
          : `changed in its record: ${changedText(changes.slice(0, CHANGES_TOLD))}${more}`;
      return { state: 'drifted', since: lastGoodAt, reason: `${shifted}; ${changed}` };
    }
    default:
      return standing satisfies never;
  }
}

function percent(ratio: number): string {
  const value = 100 * (ratio - 1);
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)} %`;
}
