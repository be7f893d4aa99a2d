// SPDX-License-Identifier: Apache-2.0
// What vswbench itself takes: wall time of a trial beyond warm-up and measured window, and the start of one container.
// Exits with 1 where a promise is not kept.
//
//     node bench/overhead.ts [TRIALS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { ensureArtifacts } from '../src/host/artifacts.ts';
import { localHost } from '../src/host/local.ts';
import { prepareContainers, startContainer } from '../src/host/lxc.ts';
import { openJournal } from '../src/run/journal.ts';
import { direct } from '../src/switches/direct.ts';

const TRIAL_OVERHEAD_MAX_S = 0.7;
const CONTAINER_START_MAX_MS = 150;
const root = join(import.meta.dirname, '..');
const [trials = 10] = process.argv.slice(2).map(Number);

const DocumentSchema = z.looseObject({
  results: z.array(z.looseObject({ trials: z.array(z.looseObject({ overheadS: z.number() })) })),
});

function trialOverheads(): number[] {
  const results = mkdtempSync(join(tmpdir(), 'vswbench-bench-'));
  const stdout = execFileSync(
    join(root, 'bin/vswbench'),
    [
      'run',
      '--json',
      '-V',
      'linux-bridge',
      '--io',
      'udp-mmsg',
      '--warmup',
      '200ms',
      '--duration',
      '1s',
      '--trials',
      `${trials}`,
    ],
    { env: { ...process.env, VSWBENCH_RESULTS: results }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  rmSync(results, { recursive: true });
  return DocumentSchema.parse(JSON.parse(stdout)).results.flatMap((result) =>
    result.trials.map((trial) => trial.overheadS),
  );
}

/** From the start of LXC to the first word of a program inside, milliseconds. */
async function containerStarts(): Promise<number[]> {
  const artifacts = await ensureArtifacts(localHost, { root });
  const journal = await openJournal(localHost, process.pid, console.error);
  const times: number[] = [];
  try {
    const containers = await prepareContainers(localHost, '/run/vswbench/containers', journal);
    const ports = [
      { pair: 0, end: 'source' },
      { pair: 0, end: 'sink' },
    ] as const;
    const { ports: made } = await direct.start({
      ...{ host: localHost, undo: journal, ports, portKind: 'netdev', cpus: [], housekeeping: [], node: 0 },
      ...{ directory: '/run/vswbench/switch', programs: artifacts.programs },
    });
    const [port] = made;
    if (port?.kind !== 'netdev') throw new Error('no port');
    for (let count = 0; count < trials; count += 1) {
      const began = performance.now();
      const { process: program } = await startContainer(
        localHost,
        containers,
        {
          name: 'vswbench-bench',
          root: artifacts.root,
          attachment: {
            kind: 'interface',
            interface: port.interface,
            mac: '02:00:00:00:00:01',
            address: '198.18.0.1/24',
          },
          command: ['/bin/echo', 'up'],
        },
        journal,
      );
      for await (const _ of program.lines) times.push(performance.now() - began);
      await program.ended;
    }
  } finally {
    await journal.close();
  }
  return times;
}

function report(what: string, unit: string, values: readonly number[], most: number): void {
  const middle = median([...values]);
  const kept = middle <= most;
  const range = `${Math.min(...values).toFixed(2)} - ${Math.max(...values).toFixed(2)}`;
  console.log(
    `${what}: median ${middle.toFixed(2)} ${unit} (${range}), promised at most ${most} ${kept ? 'kept' : 'NOT KEPT'}`,
  );
  if (!kept) process.exitCode = 1;
}

report('overhead of a trial', 's', trialOverheads(), TRIAL_OVERHEAD_MAX_S);
report('start of a container', 'ms', await containerStarts(), CONTAINER_START_MAX_MS);
