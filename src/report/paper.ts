// SPDX-License-Identifier: Apache-2.0
import { LOCAL_TESTBED } from '../model/testbed.ts';
import { GroupSchema, type TestCase } from '../model/testcase.ts';
import { type Group, groupKey, groupOf } from '../stats/group.ts';

/** Where the published figures come from, and on what they were measured: its section 4 and table 2. */
export const paper = {
  citation:
    'G. Ara, L. Lai, T. Cucinotta, L. Abeni, C. Vitucci: A Framework for Comparative Evaluation of High-Performance Virtualized Networking Mechanisms. Cloud Computing and Services Science, Springer 2021, table 2',
  doi: '10.1007/978-3-030-72369-9_3',
  machine: '2 × Intel Xeon E5-2640 v4 at 2.40 GHz, Turbo Boost off, one hyperthread a core, Linux 4.15',
} as const;

/** The tuple of table 2: (throughput, local, 1vs1, linux-bridge, 64 B, 1 Mpps, 64), with every byte generated and consumed. */
const TABLE_2_SWITCH = 'linux-bridge';
/** Whatever the paper does not have is as it was before vswbench had it: receive moderation, of which the report tells (doubts.ts), and cores of one's own. */
const TABLE_2: Group = GroupSchema.parse({
  testbed: LOCAL_TESTBED,
  dimension: 'throughput',
  location: 'local',
  pairs: 1,
  packetSize: 64,
  rate: 1_000_000,
  burst: 64,
  touch: 'full',
});

/** Maximum throughput in table 2, packets/s, by I/O framework. */
export const table2Pps: Readonly<Record<string, number>> = {
  udp: 338_000,
  'udp-mmsg': 409_000,
  raw: 360_000,
  'raw-mmsg': 440_000,
};

/** What the paper published for a test case, on whatever testbed, packets/s; null for any that its table 2 does not have. */
export function publishedPps(testCase: TestCase): number | null {
  // The paper's 1 Mpps was more than any technique carried, so the path set the pace and not the schedule: an unpaced test
  // case asks the same.
  const rate = testCase.rate === 'max' ? TABLE_2.rate : testCase.rate;
  const asked = { ...testCase, testbed: TABLE_2.testbed, rate };
  if (testCase.switch !== TABLE_2_SWITCH || groupKey(groupOf(asked)) !== groupKey(TABLE_2)) return null;
  return Object.hasOwn(table2Pps, testCase.io) ? (table2Pps[testCase.io] ?? null) : null;
}

/** The paper's figures between two hosts, its scenarios 3d to 3f, by what lies on their horizontal axis. */
const REMOTE_FIGURES: Readonly<Record<Group['dimension'], Readonly<Record<string, string>>>> = {
  throughput: { packetSize: 'figure 4d', pairs: 'figures 4g and 4h' },
  capacity: {},
  burst: {},
  churn: {},
  latency: { packetSize: 'figures 5d to 5f', burst: 'figures 5d to 5f' },
};

/**
 * Which of the paper's figures shows a sweep between two hosts, as `figure 4d`; null where none does. All but those over the
 * number of pairs are of a single pair.
 */
export function remoteFigure({ dimension, location, pairs }: Group, parameter: keyof Group): string | null {
  if (location !== 'remote' || (parameter !== 'pairs' && pairs !== 1)) return null;
  const figures = REMOTE_FIGURES[dimension];
  return Object.hasOwn(figures, parameter) ? (figures[parameter] ?? null) : null;
}
