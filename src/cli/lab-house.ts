// SPDX-License-Identifier: Apache-2.0
// What `vswbench serve` is of a lab: its people have tokens of their own. Loaded where there is one.
import { holderOf, readTokens } from '../fleet/tokens.ts';
import { LabWatch } from '../serve/lab-watch.ts';
import { CliError, EXIT } from './errors.ts';
import { openLab } from './lab-store.ts';
import type { House, Settings } from './serve.ts';
import { labOf } from './serve-lab.ts';

/** Throws CliError, StoreError or FleetError. */
export async function labHouse({ token, isPublic, address }: Settings): Promise<House> {
  if (token !== undefined) {
    throw new CliError(
      EXIT.usage,
      "--token: in a lab people have tokens of their own: 'vswbench token add NAME' makes one; leave this out",
    );
  }
  const database = await openLab();
  const { sql } = database;
  const lab = labOf(database);
  try {
    if (isPublic && (await readTokens(sql)).length === 0) {
      throw new CliError(
        EXIT.usage,
        `--address ${address} is reached by others, for whom reading takes a token: make one first with vswbench token add NAME`,
      );
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    place: { kind: 'lab', lab, watch: new LabWatch(lab) },
    keys: (text) => holderOf(sql, text),
    tokenHint:
      'this takes a token of yours that is good: sign in with it; whoever runs the lab makes one with vswbench token add NAME',
    about: `${isPublic ? 'Everything takes' : 'Reading is open to whoever reaches it; submitting, cancelling and reserving take'} a token, which vswbench token add NAME makes.`,
    fragment: '',
    end: () => database.close(),
  };
}
