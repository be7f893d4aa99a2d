// SPDX-License-Identifier: Apache-2.0
// What somebody wants of a lab: to have a campaign measured, or not any more.
import { stringify } from 'yaml';
import { submit as addSubmission, cancel as cancelSubmission } from '../fleet/lab.ts';
import { parseTestbedLike } from '../fleet/testbed-like.ts';
import { frameworksKnown, switchesKnown } from '../plan/names.ts';
import { switchRegistry } from '../switches/registry.ts';
import { beginOf } from './begin-time.ts';
import { campaignOf, fieldsOf } from './campaign-file.ts';
import type { SubmitOptions } from './commands/submit.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { frameworksInSource } from './frameworks.ts';
import { withLab } from './lab-store.ts';
import { userName } from './user-name.ts';

const PRIORITY_MAX = 1000;

export async function submit(file: string, options: SubmitOptions): Promise<void> {
  const fields = fieldsOf(file, options);
  const campaign = campaignOf(fields);
  if (fields.testbed !== undefined || fields.testbeds !== undefined) {
    throw new CliError(
      EXIT.usage,
      'testbed (--testbed): a lab chooses where a campaign is measured: leave it out, and say what it needs with --testbed-like, as name=lab-3',
    );
  }
  const ids = switchRegistry.map(({ id }) => id);
  const frameworks = frameworksInSource(checkout.root) ?? [];
  for (const known of [switchesKnown(campaign, ids), frameworksKnown(campaign, frameworks)]) {
    if (!known.ok) throw new CliError(EXIT.usage, known.error);
  }
  const { testbedLike = null, at } = options;
  if (testbedLike !== null) {
    const wish = parseTestbedLike(testbedLike, [...ids, ...frameworks]);
    if (!wish.ok) throw new CliError(EXIT.usage, `--testbed-like: ${wish.error}`);
  }
  const begin = at === undefined ? null : beginOf(at, new Date());
  if (begin !== null && !begin.ok) throw new CliError(EXIT.usage, `--at: ${begin.error}`);
  const id = await withLab(({ sql }) =>
    addSubmission(sql, {
      user: options.user ?? userName(),
      title: fields.title ?? file,
      campaignText: stringify(fields),
      priority: priorityOf(options.priority),
      testbedLike,
      notBefore: begin === null ? null : begin.value.toISOString(),
    }),
  );
  process.stdout.write(`Submission ${id}: see vswbench queue; take it back with vswbench cancel ${id}\n`);
}

export async function cancel(text: string, { user }: { user?: string }): Promise<void> {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CliError(EXIT.usage, `'${text}' is no submission: 'vswbench queue' shows their numbers`);
  }
  const { title, state } = await withLab((database) => cancelSubmission(database, Number(text), user ?? userName()));
  const kept = state === 'running' ? '; what was measured of it stays in the store' : '';
  process.stdout.write(`Cancelled submission ${text} (${title})${kept}\n`);
}

function priorityOf(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(value) <= PRIORITY_MAX) return value;
  throw new CliError(
    EXIT.usage,
    `--priority: '${text}' is no whole number from -${PRIORITY_MAX} to ${PRIORITY_MAX}; higher goes first among your own`,
  );
}
