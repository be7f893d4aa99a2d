// SPDX-License-Identifier: Apache-2.0
// Writes the documentation that is made of the sources: the data dictionary of the exports, and the document's schema.
//
//     node scripts/docs.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentSchemaText } from '../src/report/json-schema.ts';
import { dictionaryText } from '../src/report/tables/dictionary.ts';

const docs = join(import.meta.dirname, '../docs');
writeFileSync(join(docs, 'data-dictionary.md'), dictionaryText());
writeFileSync(join(docs, 'document.schema.json'), documentSchemaText());
