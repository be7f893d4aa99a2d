// SPDX-License-Identifier: Apache-2.0
// What others meet while a container comes and goes.
import type { ChurnSummary } from '../../model/result.ts';
import { blockedOver, p999Cells } from '../churns.ts';
import { MILLISECONDS, ppsScale } from '../format.ts';
import type { Column } from '../tables/columns.ts';
import { intervalColumns } from '../tables/interval-columns.ts';
import { figures, interval, numbers, type ResultColumn, type ShownColumn, TURN } from './column.ts';

const CHURN = { dimensions: ['churn'] } as const satisfies Partial<ResultColumn>;

function words(title: string, unit: string | null, tell: (churn: ChurnSummary) => string, rest = {}): ShownColumn {
  return figures(title, unit, ({ summary }) => (summary?.churn == null ? '–' : tell(summary.churn)), rest);
}

function exported(
  name: string,
  unit: string,
  meaning: string,
  of: (churn: ChurnSummary) => number | null,
): Column<{ summary: { churn: ChurnSummary | null } | null }> {
  return {
    ...{ name, type: 'number', unit, meaning },
    of: ({ summary }) => (summary?.churn == null ? null : of(summary.churn)),
  };
}

export const churnRate: ResultColumn = {
  ...CHURN,
  key: 'churnRate',
  shown: (cases) => [
    numbers(
      'Each at',
      ppsScale(cases.map(({ summary }) => summary?.churn?.ratePps ?? 0)),
      (one) => one.summary?.churn?.ratePps,
      {
        yields: TURN.secondary,
      },
    ),
  ],
  exported: [exported('churn_rate_pps', 'packets/s', 'rate of each of the others', ({ ratePps }) => ratePps)],
};

export const blocked: ResultColumn = {
  ...CHURN,
  key: 'blocked',
  shown: () => [
    { ...words('Blocked', 'ms', blockedOver), decides: true },
    interval(MILLISECONDS, ({ summary }) => summary?.churn?.blockedMs),
    numbers('worst', MILLISECONDS, ({ summary }) => summary?.churn?.worstBlockedMs, { yields: TURN.secondary }),
    numbers('silent', MILLISECONDS, ({ summary }) => summary?.churn?.silenceMs, { yields: TURN.secondary }),
  ],
  exported: [
    ...intervalColumns({
      ...{ prefix: 'blocked_ms', unit: 'ms' },
      title: 'for how long others are blocked each time, at the least the time between two packets',
      of: ({ summary }) => summary?.churn?.blockedMs,
    }),
    exported('worst_blocked_ms', 'ms', 'the longest of all trials', ({ worstBlockedMs }) => worstBlockedMs),
    exported('silence_ms', 'ms', 'median of the longest time without any packet', ({ silenceMs }) => silenceMs),
  ],
};

export const churnDelay: ResultColumn = {
  ...CHURN,
  key: 'churnDelay',
  shown: () => [
    words('p99.9 µs\nmeanwhile', null, (churn) => p999Cells(churn).events),
    words('else', null, (churn) => p999Cells(churn).quiet),
  ],
  exported: [
    exported('event_p999_ns', 'ns', 'p99.9 of the delays while somebody comes or goes', ({ p999Ns }) => p999Ns.events),
    exported('quiet_p999_ns', 'ns', 'p99.9 of the delays in between', ({ p999Ns }) => p999Ns.quiet),
  ],
};

export const firstPacket: ResultColumn = {
  ...CHURN,
  key: 'firstPacket',
  shown: () => [words('first packet', 'ms', ({ firstPacketMs }) => firstPacketMs.toFixed(0))],
  exported: [
    exported(
      'first_packet_ms',
      'ms',
      'median of the time until the first packet of who comes arrives',
      ({ firstPacketMs }) => firstPacketMs,
    ),
  ],
};

export const churnLost: ResultColumn = {
  ...CHURN,
  key: 'churnLost',
  shown: () => [
    words('Lost\nmeanwhile', null, ({ lostPackets }) => String(lostPackets.events), { yields: TURN.detail }),
    words('else', null, ({ lostPackets }) => String(lostPackets.quiet), { yields: TURN.detail }),
  ],
  exported: [
    exported(
      'event_lost_packets',
      'packets',
      'packets lost while somebody came or went, all trials together',
      ({ lostPackets }) => lostPackets.events,
    ),
    exported(
      'quiet_lost_packets',
      'packets',
      'packets lost in between, all trials together',
      ({ lostPackets }) => lostPackets.quiet,
    ),
  ],
};
