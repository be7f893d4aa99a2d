// SPDX-License-Identifier: Apache-2.0
// A testbed of a lab for one person alone.
import { readReservations } from '../fleet/lab.ts';
import type { Reservation } from '../fleet/model.ts';
import { cancelReservation, reserve as reserveTestbed } from '../fleet/reservations.ts';
import { localTime, spanOf } from '../fleet/reserve.ts';
import { clean } from '../report/text.ts';
import type { ReserveOptions } from './commands/reserve.ts';
import { CliError, EXIT } from './errors.ts';
import { withLab } from './lab-store.ts';
import { userNamed } from './user-name.ts';

export async function reserve(
  testbed: string | undefined,
  duration: string | undefined,
  options: ReserveOptions,
): Promise<void> {
  const { cancel, list, json, from } = options;
  if (json === true && list !== true) throw new CliError(EXIT.usage, '--json: give it with --list');
  if (cancel !== undefined || list === true) {
    const reserves = [testbed, from, options.user, options.why].some((one) => one !== undefined);
    if (reserves || (cancel !== undefined && list === true)) {
      throw new CliError(EXIT.usage, 'give one of a testbed to reserve, with its options, --list and --cancel');
    }
    return cancel === undefined ? listAll(json === true) : takeBack(cancel);
  }
  if (testbed === undefined || duration === undefined) {
    throw new CliError(EXIT.usage, 'name a testbed and how long you need it, as: vswbench reserve lab-1 2h');
  }
  const span = spanOf(duration, from, new Date());
  if (!span.ok) throw new CliError(EXIT.usage, span.error);
  const user = userNamed(options.user);
  const why = options.why?.trim() || null;
  const made = await withLab((database) => reserveTestbed(database, { testbed, user, why, span: span.value }));
  const underWay = from === undefined ? '; a trial that is under way there is measured to its end' : '';
  process.stdout.write(
    `Reservation ${made.id}: ${spanText(made)}${underWay}\nTake it back with vswbench reserve --cancel ${made.id}\n`,
  );
}

async function listAll(json: boolean): Promise<void> {
  const reservations = await withLab(({ sql }) => readReservations(sql));
  const lines = reservations.map(({ id, ...one }) => `${id}  ${spanText(one)}`);
  const text = lines.length === 0 ? 'Nothing is reserved.' : lines.join('\n');
  process.stdout.write(`${json ? JSON.stringify({ schema: 1, reservations }) : text}\n`);
}

async function takeBack(text: string): Promise<void> {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CliError(
      EXIT.usage,
      `--cancel: '${text}' is no reservation: 'vswbench reserve --list' shows their numbers`,
    );
  }
  const cancelled = await withLab(({ sql }) => cancelReservation(sql, Number(text)));
  process.stdout.write(`Cancelled reservation ${text} (${spanText(cancelled)})\n`);
}

/** Whose a testbed is, when and what for, in one line. */
export function spanText({ testbed, user, from, until, why }: Omit<Reservation, 'id' | 'cancelledAt'>): string {
  const what = why === null ? '' : `: ${clean(why)}`;
  return `${clean(testbed)} for ${clean(user)} from ${localTime(new Date(from))} until ${localTime(new Date(until))}${what}`;
}
