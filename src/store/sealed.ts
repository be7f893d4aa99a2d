// SPDX-License-Identifier: Apache-2.0
// A results file that somebody sent: looked at before anything of it is believed.
import { DatabaseSync } from 'node:sqlite';
import { damaged, explain, foreign, newer } from './errors.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, readHeader } from './schema.ts';

/** Schema of the first files that were sent as bundles. */
const FIRST_VERSION = 38;

/**
 * Throws StoreError unless the file is sound and has the tables, views and triggers of its version and no others: what is in a
 * database runs when it is read. What it keeps of summaries goes, as it is to be made anew. The file is changed: give a copy.
 */
export function admitFile(path: string): void {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    const { applicationId, version } = readHeader(db);
    if (applicationId !== APPLICATION_ID || !Number.isInteger(version) || version < FIRST_VERSION) throw foreign(path);
    if (version > MIGRATIONS.length) throw newer(path, version, MIGRATIONS.length);
    if (schemaOf(db) !== schemaOfVersion(version)) throw foreign(path);
    requireSound(path, db);
    db.exec('DELETE FROM case_summaries');
  } catch (error) {
    throw explain(path, error);
  } finally {
    db?.close();
  }
}

function requireSound(path: string, db: DatabaseSync): void {
  const [first] = Object.values(db.prepare('PRAGMA integrity_check(1)').get() ?? {});
  if (first !== 'ok') throw damaged(path, String(first));
  if (db.prepare('PRAGMA foreign_key_check').all().length > 0) throw damaged(path, 'rows belong to nothing');
}

function schemaOfVersion(version: number): string {
  const db = new DatabaseSync(':memory:');
  try {
    migrate(db, MIGRATIONS.slice(0, version));
    return schemaOf(db);
  } finally {
    db.close();
  }
}

function schemaOf(db: DatabaseSync): string {
  return JSON.stringify(db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all());
}
