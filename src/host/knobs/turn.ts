// SPDX-License-Identifier: Apache-2.0
// Turning a knob: journaled before, read back after, and looked at again at the end.
import type { KnobRecord } from '../../model/tuning.ts';
import { type Host, HostError, lastLine, type UndoStack } from '../host.ts';
import { startMarked } from '../process.ts';
import { holdCommand, readLatencyUs } from './c-states.ts';
import type { Knob, KnobContext, Setting } from './knob.ts';
import { canonical, sameValue } from './value.ts';

/** A knob that was turned, or could not be. */
export interface TurnedKnob {
  record: KnobRecord;
  /** Looks at it again: the record with what became of it meanwhile. Throws HostLostError. */
  recheck(): Promise<KnobRecord>;
}

/** What a knob is, and what turning it would change; nothing is. */
export async function lookAtKnob(host: Host, knob: Knob, context: KnobContext): Promise<KnobRecord> {
  const look = await knob.look(host, context);
  if (look.state === 'unavailable') return unavailable(knob, look.note);
  const { settings, note = null } = look;
  const before = spelled(settings.map((setting) => shown(setting, setting.found)));
  const open = settings.filter((setting) => !suits(setting, setting.found));
  if (open.length === 0) return { knob: knob.id, state: 'already', before, after: before, note };
  return {
    knob: knob.id,
    state: 'off',
    before,
    after: spelled(open.map((setting) => shown(setting, setting.wanted))),
    note,
  };
}

/** Turns a knob. What the host forbids or lacks is told in the record. Throws HostLostError, and what the journal throws. */
export async function turnKnob(host: Host, undo: UndoStack, knob: Knob, context: KnobContext): Promise<TurnedKnob> {
  const look = await knob.look(host, context);
  if (look.state === 'unavailable') return settled(unavailable(knob, look.note));
  const { settings, first } = look;
  const before = spelled(settings.map((setting) => shown(setting, setting.found)));
  const open = settings.filter((setting) => !suits(setting, setting.found));
  const notes = [look.note, open.length === 0 ? null : await first?.(undo)];
  const refusals: Refusal[] = [];
  for (const setting of open) {
    const why = await turn(host, undo, setting, context.mark);
    if (why !== null) refusals.push({ setting, why });
  }
  const kept = settings.filter((setting) => !refusals.some((refusal) => refusal.setting === setting));
  const state = open.length === 0 ? 'already' : refusals.length === open.length ? 'refused' : 'applied';
  const after = spelled(
    (await valuesNow(host, settings)).flatMap(({ setting, value }) => (value === null ? [] : [shown(setting, value)])),
  );
  const record: KnobRecord = { knob: knob.id, state, before, after, note: noteOf([...notes, refused(refusals, open)]) };
  if (state === 'refused') return settled(record);
  const ended = await knob.watch?.(host, context);
  return { record, recheck: async () => stayed(record, [await strayed(host, kept), await ended?.()]) };
}

interface Refusal {
  setting: Setting;
  why: string;
}

/** One setting: null where it stands as wanted, else why it does not. */
async function turn(host: Host, undo: UndoStack, setting: Setting, mark: string): Promise<string | null> {
  const why = await change(host, undo, setting, mark);
  if (why !== null) return why;
  const value = await valueNow(host, setting);
  return value === null || suits(setting, value) ? null : `it reads back '${value}'`;
}

async function change(host: Host, undo: UndoStack, setting: Setting, mark: string): Promise<string | null> {
  switch (setting.kind) {
    case 'file':
      await undo.push({
        kind: 'turn-back',
        path: setting.path,
        before: writable(setting.found),
        turned: [setting.wanted],
      });
      return why(host, host.write(setting.path, setting.wanted));
    case 'latency':
      return hold(host, undo, setting, mark);
    default:
      return setting satisfies never;
  }
}

/** It ends with us, and gives the device back by that; where we are killed as well. */
async function hold(host: Host, undo: UndoStack, { wanted }: Setting, mark: string): Promise<string | null> {
  const holder = await startMarked(host, undo, mark, holdCommand(Number(wanted)));
  // No loop: leaving one waits for the end of a process that is to stay.
  const { value } = await holder.lines[Symbol.asyncIterator]().next();
  if (value === 'held') return null;
  return lastLine((await holder.ended).stderr) || 'it could not be held open';
}

/** Why a step failed, without the path that the record names anyway; null where it did not. */
async function why(host: Host, step: Promise<void>): Promise<string | null> {
  try {
    await step;
    return null;
  } catch (error) {
    if (!(error instanceof HostError) || host.lost.aborted) throw error;
    return error.message.split(': ').at(-1) ?? error.message;
  }
}

/** A choice is written by its word alone. */
function writable(found: string): string {
  return found.includes('[') ? canonical(found) : found;
}

/** The settings that no longer stand as they were turned, in a clause; those that are gone, as an interrupt may be, do not count. */
async function strayed(host: Host, settings: readonly Setting[]): Promise<string | null> {
  const astray = (await valuesNow(host, settings)).filter(
    ({ setting, value }) => value !== null && !suits(setting, value),
  );
  const [first] = astray;
  if (first === undefined) return null;
  const more = astray.length === 1 ? '' : ` and ${astray.length - 1} more`;
  return `${first.setting.path}${more} did not stay: it was '${first.value}' at the end`;
}

function stayed(record: KnobRecord, found: readonly (string | null | undefined)[]): KnobRecord {
  const against = noteOf(found);
  return against === null ? record : { ...record, state: 'lost', note: noteOf([record.note, against]) };
}

function refused(refusals: readonly Refusal[], open: readonly Setting[]): string | null {
  const [first] = refusals;
  if (first === undefined) return null;
  const which =
    open.length === 1 ? first.setting.path : `${first.setting.path} and ${refusals.length - 1} more of ${open.length}`;
  return `${refusals.length === 1 ? first.setting.path : which}: ${first.why}`;
}

function settled(record: KnobRecord): TurnedKnob {
  return { record, recheck: async () => record };
}

function unavailable({ id }: Knob, note: string): KnobRecord {
  return { knob: id, state: 'unavailable', before: null, after: null, note };
}

function suits(setting: Setting, value: string): boolean {
  return setting.suits?.(value) ?? sameValue(value, setting.wanted);
}

async function valueNow(host: Host, setting: Setting): Promise<string | null> {
  return setting.kind === 'latency' ? readLatencyUs(host) : ((await host.read(setting.path))?.trim() ?? null);
}

function valuesNow(host: Host, settings: readonly Setting[]) {
  return Promise.all(settings.map(async (setting) => ({ setting, value: await valueNow(host, setting) })));
}

/** What the kernel says where nobody asks for a limit (PM_QOS_CPU_LATENCY_DEFAULT_VALUE). */
const NO_LIMIT = '2000000000';

function shown({ kind }: Setting, value: string): string {
  if (kind === 'file') return canonical(value);
  return value === NO_LIMIT ? 'no limit' : `${value} µs`;
}

/** So many different values are told one by one. */
const VALUES_MAX = 3;

/** Each value once; null where there is none. */
function spelled(values: readonly string[]): string | null {
  const each = [...new Set(values)];
  const more = each.length > VALUES_MAX ? [`${each.length - VALUES_MAX} more`] : [];
  return each.length === 0 ? null : [...each.slice(0, VALUES_MAX), ...more].join(', ');
}

function noteOf(notes: readonly (string | null | undefined)[]): string | null {
  return notes.filter((note) => note !== null && note !== undefined && note !== '').join('; ') || null;
}
