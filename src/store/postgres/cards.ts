// SPDX-License-Identifier: Apache-2.0
// Cards and canaries as rows of PostgreSQL's tables: each is one text, as it was last.
import { z } from 'zod';
import { type Canary, CanarySchema } from '../../model/canary.ts';
import { type Card, CardSchema } from '../../model/card.ts';
import { requireRecordable } from '../checked.ts';
import type { Reading } from './reading.ts';
import type { Transactions } from './transactions.ts';

export class Cards {
  private readonly db: Transactions;
  private readonly reading: Reading;

  constructor(db: Transactions, reading: Reading) {
    this.db = db;
    this.reading = reading;
  }

  save(card: Card): void {
    const checked = requireRecordable(CardSchema, card, `card ${card.id}`);
    this.db.write(null, () => {
      this.db.change({
        sql: 'INSERT INTO vswbench.cards (id, card_json) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET card_json = excluded.card_json',
        values: [checked.id, JSON.stringify(checked)],
      });
    });
  }

  find(id: string | 'latest'): Card | null {
    const [row] =
      id === 'latest'
        ? this.db.ask('SELECT card_json FROM vswbench.cards ORDER BY number DESC LIMIT 1', [])
        : this.db.ask('SELECT card_json FROM vswbench.cards WHERE id = $1', [id]);
    return row === undefined ? null : this.reading.check(CardSchema, this.reading.parsed(row.card_json), ['cards', id]);
  }

  ids(): string[] {
    return this.db.ask('SELECT id FROM vswbench.cards ORDER BY number', []).map(({ id }) => String(id));
  }

  saveCanary(canary: Canary): void {
    const checked = requireRecordable(CanarySchema, canary, `canary ${canary.campaign}`);
    this.db.write(null, () => {
      this.db.change({
        sql: `INSERT INTO vswbench.canaries (campaign_id, measured, canary_json) VALUES ($1, $2, $3)
          ON CONFLICT (campaign_id) DO UPDATE SET measured = excluded.measured, canary_json = excluded.canary_json`,
        values: [checked.campaign, checked.measuredAt, JSON.stringify(checked)],
      });
    });
  }

  canaries(testbed?: string): Canary[] {
    const rows = this.db.ask(
      `SELECT canary_json FROM vswbench.canaries WHERE $1::text IS NULL OR canary_json::jsonb ->> 'testbed' = $1
      ORDER BY measured, campaign_id`,
      [testbed ?? null],
    );
    return this.reading.check(
      z.array(CanarySchema),
      rows.map(({ canary_json }) => this.reading.parsed(canary_json)),
      ['canaries'],
    );
  }
}
