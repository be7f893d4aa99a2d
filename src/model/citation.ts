// SPDX-License-Identifier: Apache-2.0
// CITATION.cff, as far as it is read here (Citation File Format 1.2.0).
import { z } from 'zod';

const PersonSchema = z.strictObject({ 'family-names': z.string().min(1), 'given-names': z.string().min(1) });
const EntitySchema = z.strictObject({ name: z.string().min(1) });
const AuthorSchema = z.union([PersonSchema, EntitySchema]);
export type Author = z.infer<typeof AuthorSchema>;

const authors = z.array(AuthorSchema).min(1);
const doi = z.string().regex(/^10\.\d{4,9}(\.\d+)?\/[A-Za-z0-9:/_;\-.()[\]\\]+$/);

const ReferenceSchema = z.strictObject({
  ...{ type: z.literal('conference-paper'), title: z.string().min(1), authors },
  ...{ 'collection-title': z.string(), publisher: EntitySchema, year: z.int(), doi },
});
export type Reference = z.infer<typeof ReferenceSchema>;

export const CitationSchema = z.strictObject({
  'cff-version': z.literal('1.2.0'),
  message: z.string().min(1),
  title: z.string().min(1),
  authors,
  type: z.literal('software'),
  abstract: z.string(),
  version: z.string(),
  license: z.literal('Apache-2.0'),
  references: z.array(ReferenceSchema),
});
export type Citation = z.infer<typeof CitationSchema>;
