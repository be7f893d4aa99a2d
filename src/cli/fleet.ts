// SPDX-License-Identifier: Apache-2.0
// A lab in the terminal: what waits, and what its testbeds do.
import { readState, type State } from '../fleet/lab.ts';
import { setShares } from '../fleet/reservations.ts';
import { parseShares, type Standing } from '../fleet/share.ts';
import {
  ailmentOf,
  type Doing,
  doingText,
  fleetOf,
  hoursText,
  minuteOf,
  type Queued,
  queueOf,
  reasonsOf,
  type TestbedView,
} from '../fleet/view.ts';
import { type Column, fitTable } from '../report/table.ts';
import { clean, painter, wrap, writtenColumns, writtenTableColumns } from '../report/text.ts';
import { CliError, EXIT } from './errors.ts';
import { withLab } from './lab-store.ts';
import { spanText } from './reserve.ts';
import { terminalOf } from './terminal.ts';

export async function queue({ json }: { json?: boolean }): Promise<void> {
  const state = await withLab(({ sql }) => readState(sql));
  const [queued, users] = [queueOf(state), state.standings];
  const text = json === true ? JSON.stringify({ schema: 1, queue: queued, users }) : renderQueue(queued, users);
  process.stdout.write(`${text}\n`);
}

export async function fleet({ json, shares }: { json?: boolean; shares?: string }): Promise<void> {
  const given = shares === undefined ? null : parseShares(shares);
  if (given !== null && !given.ok) throw new CliError(EXIT.usage, `--shares: ${given.error}`);
  const state = await withLab(async ({ sql }) => {
    if (given !== null) await setShares(sql, given.value);
    return readState(sql);
  });
  const { reservations, standings: users } = state;
  const testbeds = fleetOf(state);
  const text =
    json === true
      ? JSON.stringify({ schema: 1, testbeds, reservations, users })
      : [...renderFleet(testbeds), ...renderHealth(testbeds), ...renderComing(state), ...renderUsers(users)].join('\n');
  process.stdout.write(`${text}\n`);
}

function renderQueue(queued: readonly Queued[], users: readonly Standing[]): string {
  if (queued.length === 0) return "Nothing waits: 'vswbench submit' adds a campaign.";
  const options = terminalOf(process.stdout);
  const width = writtenColumns(options);
  const waiting = queued.flatMap((one) =>
    reasonsOf(one).flatMap(({ testbeds, text }) => wrap(clean(`${one.id} waits: ${testbeds}: ${text}`), width, 2)),
  );
  return [
    ...fitTable(queued, QUEUE, writtenTableColumns(options), painter(options.color)).lines,
    ...(waiting.length === 0 ? [] : ['', ...waiting]),
    ...renderUsers(users),
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
  const isLater = state === 'waiting' && notBefore !== null && Date.parse(notBefore) > Date.now();
  return isLater ? `not before ${minuteOf(notBefore)} UTC` : 'waiting';
}

function renderFleet(testbeds: readonly TestbedView[]): string[] {
  if (testbeds.length === 0) return ["No testbeds yet: 'vswbench worker --testbed NAME' on its machine adds one."];
  const options = terminalOf(process.stdout);
  return fitTable(testbeds, FLEET, writtenTableColumns(options), painter(options.color)).lines;
}

/** Whatever is not good, since when, and what is to be done. */
function renderHealth(testbeds: readonly TestbedView[]): string[] {
  const width = writtenColumns(terminalOf(process.stdout));
  const lines = testbeds.flatMap((testbed) => {
    const ailment = ailmentOf(testbed);
    if (ailment === null) return [];
    const { what, mend, command } = ailment;
    const text = clean(`${testbed.name}: ${what}. ${mend}${command === null ? '' : ':'}`);
    // To be copied as one line.
    return [...wrap(text, width, 2), ...(command === null ? [] : [`  ${command}`])];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What is reserved and has not begun: the table tells the rest. */
function renderComing({ reservations, now }: State): string[] {
  const coming = reservations.filter(({ from }) => new Date(from) > now);
  if (coming.length === 0) return [];
  const width = writtenColumns(terminalOf(process.stdout));
  return ['', ...coming.flatMap((one) => wrap(`Reserved: ${spanText(one)}`, width, 2))];
}

/** How the lab is shared; the first is served next. */
function renderUsers(users: readonly Standing[]): string[] {
  if (users.length === 0) return [];
  const options = terminalOf(process.stdout);
  return ['', ...fitTable(users, USERS, writtenTableColumns(options), painter(options.color)).lines];
}

const USERS: readonly Column<Standing>[] = [
  { title: 'User', align: 'left', cell: ({ user }) => clean(user), names: true },
  { title: 'Shares', align: 'right', cell: ({ shares }) => String(shares) },
  { title: 'Used (h)', align: 'right', cell: ({ usedMs }) => hoursText(usedMs) },
  { title: 'For each share (h)', align: 'right', cell: ({ usedPerShareMs }) => hoursText(usedPerShareMs) },
];

const FLEET: readonly Column<TestbedView>[] = [
  { title: 'Testbed', align: 'left', cell: ({ name }) => clean(name), names: true },
  {
    title: 'Now',
    align: 'left',
    cell: ({ doing, health }) => nowText(doing, health),
    wrapsTo: 24,
    names: true,
  },
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

/** Why a testbed has no work is told below the table. */
function nowText(doing: Doing, health: TestbedView['health']): string {
  return doing.state === 'shut' && health.state !== 'good' ? 'no work' : clean(doingText(doing));
}

function untilOf(doing: Doing): string {
  const until = doing.state === 'measuring' || doing.state === 'reserved' ? doing.until : null;
  return until === null ? '' : minuteOf(until);
}
