// SPDX-License-Identifier: Apache-2.0
// Who has a testbed to themselves, and how the others share what is left: both as the tables of a lab have them.
import { z } from 'zod';
import type { Database, Sql } from './database.ts';
import { FleetError } from './errors.ts';
import { anothers, RESERVATION, readReservations, values } from './lab.ts';
import { type Reservation, ReservationSchema } from './model.ts';
import { localTime, overlapped, type Span } from './reserve.ts';
import { LOCKS } from './schema.ts';

/** Reserves a testbed. Throws FleetError where there is none of this name, or somebody has it then. */
export async function reserve(
  database: Database,
  { testbed, user, why, span }: Pick<Reservation, 'testbed' | 'user' | 'why'> & { span: Span },
): Promise<Reservation> {
  return database.transaction(async (sql) => {
    // Of two at once the second sees the first.
    await sql('SELECT pg_advisory_xact_lock($1)', [LOCKS.choose]);
    const testbeds = (await sql('SELECT name FROM fleet.testbeds ORDER BY name')).map(({ name }) => String(name));
    if (!testbeds.includes(testbed)) {
      const those =
        testbeds.length === 0
          ? "this lab has none yet: 'vswbench worker --testbed NAME' on its machine adds one"
          : `this lab has ${testbeds.join(', ')}`;
      throw new FleetError('refused', `there is no testbed '${testbed}': ${those}`);
    }
    const other = overlapped(testbed, span, await readReservations(sql));
    if (other !== null) {
      throw new FleetError(
        'refused',
        `${other.user} has ${testbed} from ${localTime(new Date(other.from))} until ${localTime(new Date(other.until))} (reservation ${other.id}): choose another time or testbed`,
      );
    }
    const [made] = values(
      ReservationSchema,
      await sql(
        `INSERT INTO fleet.reservations (testbed, user_name, "from", until, why) VALUES ($1, $2, $3, $4, $5) RETURNING ${RESERVATION}`,
        [testbed, user, span.from.toISOString(), span.until.toISOString(), why],
      ),
    );
    if (made === undefined) throw new RangeError('a row that was inserted is returned');
    return made;
  });
}

/**
 * Takes a reservation back. Throws FleetError where it is over, cancelled, or there is none, or is of somebody else than the `owner` that
 * is named.
 */
export async function cancelReservation(sql: Sql, id: number, owner: string | null = null): Promise<Reservation> {
  const [cancelled] = values(
    ReservationSchema,
    await sql(
      `UPDATE fleet.reservations SET cancelled_at = now() WHERE id = $1 AND cancelled_at IS NULL AND until > now()
        AND user_name = coalesce($2, user_name) RETURNING ${RESERVATION}`,
      [id, owner],
    ),
  );
  if (cancelled !== undefined) return cancelled;
  const other = (await readReservations(sql)).find((one) => one.id === id);
  if (other !== undefined) throw anothers(`reservation ${id}`, other.user);
  throw new FleetError(
    'refused',
    `no reservation ${id} is to come or under way: 'vswbench reserve --list' shows those that are`,
  );
}

/** Sets how many shares of the lab users have; who is not named keeps theirs. */
export async function setShares(sql: Sql, shares: ReadonlyMap<string, number>): Promise<void> {
  await sql(
    `INSERT INTO fleet.shares (user_name, shares) SELECT * FROM unnest($1::text[], $2::double precision[])
    ON CONFLICT (user_name) DO UPDATE SET shares = excluded.shares`,
    [[...shares.keys()], z.array(z.number().positive()).parse([...shares.values()])],
  );
}
