// SPDX-License-Identifier: Apache-2.0
// Tables of what others met while a container came and went: of each trial, and of each event in it.
import { type Churn, type ChurnEvent, lostInAll } from '../../model/churn.ts';
import type { Column, Table } from './columns.ts';
import { KEY_COLUMNS, type TrialRow } from './shared.ts';

interface ChurnRow extends TrialRow {
  churn: Churn;
}

const CHURN_COLUMNS: readonly Column<ChurnRow>[] = [
  {
    ...{ name: 'hotplug', type: 'text', unit: null },
    meaning: 'what came and went: `port`, with its container, or `container`, behind a port that stayed',
    of: ({ churn }) => churn.hotplug,
  },
  {
    ...{ name: 'sent_pps', type: 'integer', unit: 'packets/s' },
    meaning: 'rate of each sender',
    of: ({ churn }) => churn.ratePps,
  },
  {
    ...{ name: 'ndr_pps', type: 'number', unit: 'packets/s' },
    meaning: 'the rate of each sender at which nothing is lost, of which that is half; empty where a rate was given',
    of: ({ churn }) => churn.ndrPps,
  },
  {
    ...{ name: 'events', type: 'integer', unit: null },
    meaning: 'comings and goings',
    of: ({ churn }) => churn.events.length,
  },
  {
    ...{ name: 'blocked_ms', type: 'number', unit: 'ms' },
    meaning: 'of one coming and one going, at the mean: lost and unsent packets by their rate',
    of: ({ churn }) => churn.blockedMs,
  },
  {
    ...{ name: 'worst_blocked_ms', type: 'number', unit: 'ms' },
    meaning: 'the same of the worst event',
    of: ({ churn }) => churn.worstBlockedMs,
  },
  {
    ...{ name: 'silence_ms', type: 'number', unit: 'ms' },
    meaning: 'the longest time within an event without a packet of a pair, at the least',
    of: ({ churn }) => churn.silenceMs,
  },
  {
    ...{ name: 'first_packet_ms', type: 'number', unit: 'ms' },
    meaning: 'from the begin of a coming until the newcomer’s first packet came through, at the median',
    of: ({ churn }) => churn.firstPacketMs,
  },
  {
    ...{ name: 'quiet_lost_packets', type: 'integer', unit: 'packets' },
    meaning: 'lost and unsent between the events',
    of: ({ churn }) => lostInAll(churn.quiet),
  },
  {
    ...{ name: 'quiet_silence_ms', type: 'number', unit: 'ms' },
    meaning: 'the longest time between the events without a packet of a pair, at the least',
    of: ({ churn }) => churn.quiet.silenceMs,
  },
  {
    ...{ name: 'event_p999_ns', type: 'number', unit: 'ns' },
    meaning: 'delay from sender to receiver of what arrived during events; empty with fewer than 10 000 packets',
    of: ({ churn }) => churn.delaysNs?.events.p999 ?? null,
  },
  {
    ...{ name: 'quiet_p999_ns', type: 'number', unit: 'ns' },
    meaning: 'the same between the events',
    of: ({ churn }) => churn.delaysNs?.quiet.p999 ?? null,
  },
];

export const CHURNS: Table<ChurnRow> = {
  name: 'churns',
  about: 'One row for each trial in which a container came and went beside what was measured.',
  columns: [...KEY_COLUMNS, ...CHURN_COLUMNS],
};

export function* churnRows(trials: Iterable<TrialRow>): Generator<ChurnRow, void> {
  for (const row of trials) {
    const churn = row.trial.measurement?.churn ?? null;
    if (churn !== null) yield { ...row, churn };
  }
}

interface EventRow extends TrialRow {
  /** From 1. */
  number: number;
  event: ChurnEvent;
}

const EVENT_COLUMNS: readonly Column<EventRow>[] = [
  {
    ...{ name: 'event', type: 'integer', unit: null },
    meaning: 'number of the event in its trial, from 1',
    of: (row) => row.number,
  },
  { ...{ name: 'kind', type: 'text', unit: null }, meaning: '`joins` or `leaves`', of: ({ event }) => event.kind },
  {
    ...{ name: 'at_ms', type: 'number', unit: 'ms' },
    meaning: 'when it began, since the measured window did',
    of: ({ event }) => event.atMs,
  },
  {
    ...{ name: 'took_ms', type: 'number', unit: 'ms' },
    meaning: 'how long it is counted for: until it is done, and 50 ms',
    of: ({ event }) => event.tookMs,
  },
  {
    ...{ name: 'ready_ms', type: 'number', unit: 'ms' },
    meaning: 'until the newcomer’s application had its port; empty for one that leaves',
    of: ({ event }) => event.readyMs,
  },
  {
    ...{ name: 'event_first_packet_ms', type: 'number', unit: 'ms' },
    meaning: 'until the newcomer’s first packet came through; empty for one that leaves',
    of: ({ event }) => event.firstPacketMs,
  },
  {
    ...{ name: 'lost_packets', type: 'integer', unit: 'packets' },
    meaning: 'of the others, sent in it and not arrived',
    of: ({ event }) => event.lostPackets,
  },
  {
    ...{ name: 'unsent_packets', type: 'integer', unit: 'packets' },
    meaning: 'of the others, due in it and given up',
    of: ({ event }) => event.unsentPackets,
  },
  {
    ...{ name: 'event_blocked_ms', type: 'number', unit: 'ms' },
    meaning: 'both by their rate',
    of: ({ event }) => event.blockedMs,
  },
  {
    ...{ name: 'event_silence_ms', type: 'number', unit: 'ms' },
    meaning: 'the longest time without a packet of a pair, at the least',
    of: ({ event }) => event.silenceMs,
  },
];

export const EVENTS: Table<EventRow> = {
  name: 'events',
  about: 'One row for each coming or going beside what was measured, in their order.',
  columns: [...KEY_COLUMNS, ...EVENT_COLUMNS],
};

export function* eventRows(trials: Iterable<TrialRow>): Generator<EventRow, void> {
  for (const row of trials) {
    for (const [index, event] of (row.trial.measurement?.churn?.events ?? []).entries()) {
      yield { ...row, number: index + 1, event };
    }
  }
}
