// SPDX-License-Identifier: Apache-2.0
// YAML that somebody writes by hand: what is wrong with it is told with the line.
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { CliError, EXIT } from './errors.ts';
import { readText } from './text-file.ts';

/** What a file holds, as `schema` has it. `seeAlso` says where its form is described. Throws CliError: file, line, key and the mend. */
export function readLocated<T>(path: string, what: string, schema: z.ZodType<T>, seeAlso: string): T {
  const lines = new LineCounter();
  const document = parseDocument(readText(path, `the ${what}`), { lineCounter: lines });
  const refuse = (offset: number, error: string): never => {
    throw new CliError(EXIT.usage, `${path}:${lines.linePos(offset).line}: ${error}`);
  };
  const [broken] = document.errors;
  if (broken !== undefined)
    refuse(broken.pos[0], `not YAML: ${broken.message.split('\n')[0]?.replace(/ at line.*$/, '')}`);
  const parsed = schema.safeParse(contentOf(document, path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) return refuse(0, `not of the right form (${seeAlso})`);
  const key = issue.path.join('.');
  return refuse(offsetOf(document, issue.path), `${key === '' ? '' : `${key}: `}${wordsOf(issue)}; ${seeAlso}`);
}

function contentOf(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // Aliases that lead nowhere, or too far.
    throw new CliError(EXIT.usage, `${path}: not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Where the innermost part of a path begins that the file has. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let { length } = path; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range !== undefined && node.range !== null) return node.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown key '${issue.keys.join("', '")}'`;
    case 'invalid_value':
      return `give one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      return 'discriminator' in issue && issue.discriminator !== undefined
        ? 'there is no such kind'
        : 'not of the right form';
    case 'invalid_type':
      return issue.input === undefined ? `give a ${issue.expected}` : `not a ${issue.expected}`;
    default:
      return issue.message;
  }
}
