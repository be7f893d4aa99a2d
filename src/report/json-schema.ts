// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { JsonDocumentSchema } from './json.ts';

/** The JSON Schema (draft 2020-12) of the document that `run --json`, `show --json` and `export --format json` print. */
export function documentSchemaText(): string {
  const schema = z.toJSONSchema(JsonDocumentSchema, { io: 'output', reused: 'ref' });
  const head = { title: 'The document of a campaign of vswbench', $comment: 'Made by scripts/docs.ts.' };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
