// SPDX-License-Identifier: Apache-2.0
// A lab in the terminal: what waits, and what its testbeds do.
import { readState } from '../fleet/lab.ts';
import { type Doing, fleetOf, type Queued, queueOf, type TestbedView } from '../fleet/view.ts';
import { type Column, fitTable } from '../report/table.ts';
import { clean, painter, wrap, writtenColumns, writtenTableColumns } from '../report/text.ts';
import { withLab } from './lab-store.ts';
import { terminalOf } from './terminal.ts';

export async function queue({ json }: { json?: boolean }): Promise<void> {
  const queued = queueOf(await withLab(({ sql }) => readState(sql)));
  const text = json === true ? JSON.stringify({ schema: 1, queue: queued }) : renderQueue(queued);
  process.stdout.write(`${text}\n`);
}

export async function fleet({ json }: { json?: boolean }): Promise<void> {
  const testbeds = fleetOf(await withLab(({ sql }) => readState(sql)));
  const text = json === true ? JSON.stringify({ schema: 1, testbeds }) : renderFleet(testbeds);
  process.stdout.write(`${text}\n`);
}

function renderQueue(queued: readonly Queued[]): string {
  if (queued.length === 0) return "Nothing waits: 'vswbench submit' adds a campaign.";
  const options = terminalOf(process.stdout);
  const width = writtenColumns(options);
  const waiting = queued.flatMap(({ id, waits }) =>
    waits.flatMap(({ testbed, text }) => wrap(`${id} waits: ${clean(testbed)} ${clean(text)}`, width, 2)),
  );
  return [
    ...fitTable(queued, QUEUE, writtenTableColumns(options), painter(options.color)).lines,
    ...(waiting.length === 0 ? [] : ['', ...waiting]),
  ].join('\n');
}

const QUEUE: readonly Column<Queued>[] = [
  { title: 'Submission', align: 'right', cell: ({ id }) => String(id), names: true },
  { title: 'User', align: 'left', cell: ({ user }) => clean(user) },
  { title: 'Title', align: 'left', cell: ({ title }) => clean(title), wrapsTo: 24, names: true },
  { title: 'Priority', align: 'right', cell: ({ priority }) => String(priority), yields: 2 },
  { title: 'Submitted (UTC)', align: 'left', cell: ({ submittedAt }) => minuteOf(submittedAt), yields: 1 },
  { title: 'Rounds', align: 'right', cell: ({ roundsDone, rounds }) => `${roundsDone}/${rounds ?? '?'}` },
  { title: 'State', align: 'left', cell: stateOf },
];

function stateOf({ on, notBefore, state }: Queued): string {
  if (on.length > 0) return `on ${on.map(clean).join(', ')}`;
  return state === 'waiting' && notBefore !== null ? `not before ${minuteOf(notBefore)} UTC` : 'waiting';
}

function renderFleet(testbeds: readonly TestbedView[]): string {
  if (testbeds.length === 0) return "No testbeds yet: 'vswbench worker --testbed NAME' on its machine adds one.";
  const options = terminalOf(process.stdout);
  return fitTable(testbeds, FLEET, writtenTableColumns(options), painter(options.color)).lines.join('\n');
}

const FLEET: readonly Column<TestbedView>[] = [
  { title: 'Testbed', align: 'left', cell: ({ name }) => clean(name), names: true },
  { title: 'Now', align: 'left', cell: ({ doing }) => clean(doingText(doing)), wrapsTo: 24, names: true },
  { title: 'Until (UTC)', align: 'left', cell: ({ doing }) => untilOf(doing) },
  {
    title: 'Health',
    align: 'left',
    cell: ({ health, isAlive }) => (isAlive ? health.state : 'silent'),
    style: ({ health, isAlive }) => (isAlive && health.state === 'good' ? null : 'yellow'),
  },
  { title: 'Seen (UTC)', align: 'left', cell: ({ seenAt }) => minuteOf(seenAt), yields: 1 },
  { title: 'Worker', align: 'left', cell: ({ worker }) => clean(worker), yields: 2 },
];

function doingText(doing: Doing): string {
  switch (doing.state) {
    case 'idle':
      return 'idle';
    case 'measuring':
      return `round ${doing.round + 1} of ${doing.title} (${doing.user}, submission ${doing.submissionId})`;
    case 'reserved':
      return `reserved by ${doing.user}${doing.why === null ? '' : `: ${doing.why}`}`;
    case 'shut':
      return doing.reason;
    default:
      return doing satisfies never;
  }
}

function untilOf(doing: Doing): string {
  const until = doing.state === 'measuring' || doing.state === 'reserved' ? doing.until : null;
  return until === null ? '' : minuteOf(until);
}

function minuteOf(instant: string): string {
  return new Date(instant).toISOString().replace('T', ' ').slice(0, 16);
}
