// SPDX-License-Identifier: Apache-2.0
// The lab behind `vswbench serve`: the same as the commands submit, queue, cancel, fleet and reserve, for whoever holds a token.
import { join } from 'node:path';
import type { Database } from '../fleet/database.ts';
import { FleetError } from '../fleet/errors.ts';
import {
  cancel,
  readOver,
  readRunning,
  readStamp,
  readState,
  roundsText,
  type State,
  submissionOf as submissionFor,
  submit,
} from '../fleet/lab.ts';
import type { Reservation } from '../fleet/model.ts';
import { cancelReservation, reserve } from '../fleet/reservations.ts';
import { spanOf } from '../fleet/reserve.ts';
import {
  ailmentOf,
  doingText,
  fleetOf,
  hoursText,
  type Queued,
  queueOf,
  reasonsOf,
  type TestbedView,
} from '../fleet/view.ts';
import { counted } from '../report/format.ts';
import { Complained } from '../serve/complained.ts';
import type { Holder } from '../serve/door.ts';
import type { Lab, LabDocument, QueuedRow, ReservationRow, Submitted, TestbedRow } from '../serve/lab.ts';
import { fieldsIn, fieldsOf } from './campaign-file.ts';
import { campaignFiles, campaignsFolder } from './campaign-files.ts';
import { CliError } from './errors.ts';
import { submissionOf } from './submission.ts';

/** More is read by nobody, and sent to everybody. */
const QUEUE_SHOWN = 200;
const OVER_SHOWN = 20;
const TITLE_MAX = 200;

/** The lab of a database, for people in browsers. */
export function labOf(database: Database): Lab {
  const { sql } = database;
  return {
    read: () => answered(async () => documentOf(await readState(sql), await readOver(sql, OVER_SHOWN))),
    stamp: () => answered(() => readStamp(sql)),
    running: () => answered(async () => new Set(await readRunning(sql))),
    submit: (asked, by) =>
      answered(async () => submit(sql, { ...(await newSubmission(database, asked)), user: by.user })),
    cancel: (id, by) => answered(async () => void (await cancel(database, id, by.user, { ownOnly: !by.isAdmin }))),
    reserve: ({ testbed, duration, from, why }, { user }) =>
      answered(async () => {
        const span = spanOf(duration, from ?? undefined, new Date());
        if (!span.ok) throw new Complained(422, span.error);
        return reservationRow(await reserve(database, { testbed, user, why, span: span.value }));
      }),
    release: (id, by) => answered(async () => void (await cancelReservation(sql, id, ownerFor(by)))),
    submissionOf: (campaign) =>
      answered(async () => {
        const submission = await submissionFor(sql, campaign);
        return submission === null ? null : { id: submission.id, user: submission.user };
      }),
  };
}

/** Whose reservations somebody may take back; null for everybody's. */
function ownerFor({ user, isAdmin }: Holder): string | null {
  return isAdmin ? null : user;
}

async function newSubmission({ sql }: Database, { what, testbedLike, at, priority }: Submitted) {
  if ('again' in what) {
    const before = await submissionFor(sql, what.again);
    if (before === null)
      throw new Complained(404, `campaign ${what.again} was not submitted to this lab: submit its file`);
    const { title, campaignText } = before;
    const asked = submissionOf(
      fieldsIn(campaignText),
      { testbedLike: testbedLike ?? before.testbedLike, at },
      new Date(),
    );
    return { ...asked, title, priority };
  }
  if ('file' in what && !campaignFiles().includes(what.file)) {
    throw new Complained(404, `there is no ${what.file} among ${campaignFiles().join(', ')}`);
  }
  const fields = 'file' in what ? fieldsOf(join(campaignsFolder, what.file), {}) : fieldsIn(what.yaml);
  const asked = submissionOf(fields, { testbedLike, at }, new Date());
  return { ...asked, title: (fields.title ?? 'a campaign from the browser').slice(0, TITLE_MAX), priority };
}

/** What a person can mend is a complaint. */
async function answered<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof CliError) throw new Complained(422, error.message);
    if (error instanceof FleetError && error.code === 'refused') throw new Complained(409, error.message);
    if (error instanceof FleetError && error.code === 'unreachable') throw new Complained(503, error.message);
    throw error;
  }
}

function documentOf(state: State, over: Awaited<ReturnType<typeof readOver>>): LabDocument {
  const queued = queueOf(state);
  const testbeds = fleetOf(state);
  return {
    queue: queued.slice(0, QUEUE_SHOWN).map((one) => queuedRow(one, testbeds)),
    more: Math.max(0, queued.length - QUEUE_SHOWN),
    over: over.map(({ id, user, title, state: end, reason, campaignId, rounds }) => ({
      // Its campaign is made when the first block begins.
      ...{ id, user, title, state: end, reason, campaign: rounds === null ? null : campaignId },
    })),
    testbeds: testbeds.map(testbedRow),
    reservations: state.reservations.map(reservationRow),
    users: state.standings.map(({ user, shares, usedMs, usedPerShareMs }) => ({
      ...{ user, shares: String(shares), usedHours: hoursText(usedMs), usedHoursPerShare: hoursText(usedPerShareMs) },
    })),
  };
}

function queuedRow(queued: Queued, testbeds: readonly TestbedView[]): QueuedRow {
  const { id, user, title, priority, submittedAt, campaignId, roundsDone, rounds, notBefore, testbedLike } = queued;
  const { on } = queued;
  return {
    ...{ id, user, title, priority, submittedAt, roundsDone, rounds, notBefore, testbedLike },
    waits: reasonsOf(queued),
    campaign: campaignId,
    on: on.flatMap((name) => {
      const doing = testbeds.find((testbed) => testbed.name === name)?.doing;
      return doing?.state !== 'measuring' ? [] : [{ testbed: name, rounds: roundsText(doing), until: doing.until }];
    }),
  };
}

function testbedRow(testbed: TestbedView): TestbedRow {
  const { name, worker, seenAt, isAlive, health, capabilities, doing } = testbed;
  const { cpus, memoryBytes, kernel, cpuModel, virtual, remote } = capabilities;
  const isWell = isAlive && health.state === 'good';
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  const traits = [...(virtual ? ['virtual'] : []), ...(remote ? ['two hosts'] : [])];
  return {
    ...{ name, worker, seenAt },
    doing: isAlive ? (isWell || doing.state !== 'shut' ? doingText(doing) : 'gets no work') : 'not known',
    until: doing.state === 'measuring' || doing.state === 'reserved' ? doing.until : null,
    health: isAlive ? health.state : 'silent',
    ...{ isWell, ailment: ailmentOf(testbed) },
    machine: [cpuModel, counted(cpus, 'CPU'), memory, `Linux ${kernel}`, ...traits].join(', '),
  };
}

function reservationRow({ id, testbed, user, from, until, why }: Reservation): ReservationRow {
  return { id, testbed, user, from, until, why };
}
