// SPDX-License-Identifier: Apache-2.0
// A run tells by its socket, and who looks on is told: both ends as they are used, over a real socket.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { LiveSocket } from '../cli/live.ts';
import type { LiveLine } from '../model/live.ts';
import type { LiveRun } from './documents.ts';
import { LiveRuns } from './live.ts';

const progress = {
  live: 'progress',
  campaign: '20260301-0959-001',
  title: 'Live',
  done: 0,
  total: 2,
  left: '9 s left',
} as const;
const begun = {
  live: 'trial',
  testbed: 'local',
  caseIndex: 3,
  name: 'ovs with dpdk',
  round: 1,
  repetition: false,
} as const;
const rates = (tS: number) => ({
  ...({ live: 'rates', testbed: 'local' } as const),
  rates: { tS, offeredPps: 1_234_000, receivedPps: 1_200_000, senderCpus: 1, receiverCpus: 0.5 },
});
const ended: LiveLine = {
  ...{ live: 'ended', testbed: 'local', outcome: 'measured', found: '1.2 Mpps' },
  disturbances: ['stolen'],
};

/** Collects what is told until it is as wanted. */
async function told(runs: LiveRuns, isWanted: (runs: LiveRun[]) => boolean): Promise<LiveRun[]> {
  const found = Promise.withResolvers<LiveRun[]>();
  const end = runs.watch((event, data) => {
    const state = event === 'runs' && Array.isArray(data) ? data : null;
    if (state !== null && isWanted(state)) found.resolve(state);
  });
  try {
    return await found.promise;
  } finally {
    end();
  }
}

it('tells who comes late where a run is, and everybody when it has ended', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-live-'));
  const [early, late] = [new LiveRuns(folder), new LiveRuns(folder)];
  t.after(() => {
    early.close();
    late.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // Left behind by a run that was killed: no process has this number.
  writeFileSync(join(folder, 'live-4194305.sock'), '');
  const socket = new LiveSocket(folder);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('4194305')),
    [],
  );
  socket.tell(progress);
  socket.tell(begun);
  for (const tS of [0.1, 0.2, 0.3]) socket.tell(rates(tS));
  // Begins and ends its look within this one.
  await told(early, (runs) => runs[0]?.trials.length === 1);
  socket.tell(ended);
  const [run] = await told(late, (runs) => runs[0]?.last != null);
  assert.deepEqual(
    { ...run, pid: 0, trials: [] },
    {
      ...{ pid: 0, campaign: progress.campaign, title: 'Live', done: 0, total: 2, left: '9 s left', trials: [] },
      last: { name: 'ovs with dpdk', outcome: 'measured', found: '1.2 Mpps', disturbances: ['stolen'] },
    },
  );
  const [trial] = run?.trials ?? [];
  assert.deepEqual(
    trial?.course.map(({ tS, offered, senderCpus }) => [tS, offered, senderCpus]),
    [
      [0.1, '1.234 Mpps', '1.00'],
      [0.2, '1.234 Mpps', '1.00'],
      [0.3, '1.234 Mpps', '1.00'],
    ],
  );
  let wasThere = false;
  const gone = told(late, (runs) => {
    if (runs.length === 1 && !wasThere) {
      wasThere = true;
      socket.close();
    }
    return wasThere && runs.length === 0;
  });
  await gone;
  assert.deepEqual(readdirSync(folder), []);
});
