// SPDX-License-Identifier: Apache-2.0
// What somebody wants of a lab: to have a campaign measured, or not any more.
import { submit as addSubmission, cancel as cancelSubmission } from '../fleet/lab.ts';
import { clean } from '../report/text.ts';
import { fieldsOf } from './campaign-file.ts';
import type { SubmitOptions } from './commands/submit.ts';
import { CliError, EXIT } from './errors.ts';
import { withLab } from './lab-store.ts';
import { submissionOf } from './submission.ts';
import { userNamed } from './user-name.ts';

const PRIORITY_MAX = 1000;

export async function submit(file: string, options: SubmitOptions): Promise<void> {
  const fields = fieldsOf(file, options);
  const { testbedLike = null, at = null } = options;
  const asked = {
    ...submissionOf(fields, { testbedLike, at }, new Date()),
    ...{ user: userNamed(options.user), title: fields.title ?? file, priority: priorityOf(options.priority) },
  };
  const id = await withLab(({ sql }) => addSubmission(sql, asked));
  process.stdout.write(`Submission ${id}: see vswbench queue; take it back with vswbench cancel ${id}\n`);
}

export async function cancel(text: string, { user }: { user?: string }): Promise<void> {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CliError(EXIT.usage, `'${text}' is no submission: 'vswbench queue' shows their numbers`);
  }
  const by = userNamed(user);
  const cancelled = await withLab((database) => cancelSubmission(database, Number(text), by));
  const kept = cancelled.state === 'running' ? '; what was measured of it stays in the store' : '';
  process.stdout.write(`Cancelled submission ${text}, of ${clean(cancelled.user)}: ${clean(cancelled.title)}${kept}\n`);
}

function priorityOf(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(value) <= PRIORITY_MAX) return value;
  throw new CliError(
    EXIT.usage,
    `--priority: '${text}' is no whole number from -${PRIORITY_MAX} to ${PRIORITY_MAX}; higher goes first among your own`,
  );
}
