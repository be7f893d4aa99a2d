// SPDX-License-Identifier: Apache-2.0
// What vswbench itself takes: wall time of a trial beyond warm-up and measured window, and the start of one container.
// Exits with 1 where a promise is not kept.
//
//     node bench/overhead.ts [TRIALS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { ensureArtifacts } from '../src/host/artifacts.ts';
import { reserveHugepages } from '../src/host/hugepages.ts';
import { localHost } from '../src/host/local.ts';
import { prepareContainers, startContainer } from '../src/host/lxc.ts';
import { FRAME_BYTES_USUAL } from '../src/model/frame.ts';
import { NO_OPTIONS } from '../src/model/switch-options.ts';
import { openJournal } from '../src/run/journal.ts';
import { direct } from '../src/switches/direct.ts';
import type { SwitchDriver } from '../src/switches/driver.ts';
import { ovs } from '../src/switches/ovs.ts';
import { Laboratory } from '../test/e2e/sshd.ts';

const TRIAL_OVERHEAD_MAX_S = 0.7;
/** With DPDK in each container, which takes its time to come up. */
const DPDK_TRIAL_OVERHEAD_MAX_S = 1.0;
/** More than a local one: a trial on two machines behind ssh. */
const REMOTE_EXTRA_MAX_S = 1.0;
const CONTAINER_START_MAX_MS = 150;
const COLD_START_MAX_S = 4;
const COLD_STARTS = 3;
const PAIR = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
] as const;
const root = join(import.meta.dirname, '..');
const [trials = 10] = process.argv.slice(2).map(Number);

const DocumentSchema = z.looseObject({
  results: z.array(z.looseObject({ trials: z.array(z.looseObject({ overheadS: z.number() })) })),
});

/** Of consecutive trials on one switch, which is started for the first of them: what each took beside its traffic. */
function trialOverheads(id: string, io: string, ...more: string[]): number[] {
  const results = mkdtempSync(join(tmpdir(), 'vswbench-bench-'));
  const phases = ['--warmup', '200ms', '--duration', '1s', '--trials', `${trials}`];
  const stdout = execFileSync(join(root, 'bin/vswbench'), ['run', '--json', '-V', id, '--io', io, ...phases, ...more], {
    env: { ...process.env, VSWBENCH_RESULTS: results },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  rmSync(results, { recursive: true });
  return DocumentSchema.parse(JSON.parse(stdout)).results.flatMap((result) =>
    result.trials.map((trial) => trial.overheadS),
  );
}

/** The same of remote trials, on two namespaces behind a real sshd. */
async function remoteOverheads(): Promise<number[]> {
  const laboratory = await Laboratory.open();
  try {
    const file = join(laboratory.folder, 'campaign.yaml');
    writeFileSync(file, laboratory.campaign);
    return trialOverheads('linux-bridge', 'udp-mmsg', '-L', 'remote', file);
  } finally {
    laboratory.close();
  }
}

/** From nothing to a switch that can be given ports, seconds. */
async function coldStarts(driver: SwitchDriver): Promise<number[]> {
  const artifacts = await ensureArtifacts(localHost, { root });
  const times: number[] = [];
  for (let count = 0; count < COLD_STARTS; count += 1) {
    const journal = await openJournal(localHost, 'alone', console.error);
    try {
      const directory = '/run/vswbench/switch';
      await journal.push({ kind: 'remove-path', path: directory });
      await localHost.makeDirectory(directory);
      const began = performance.now();
      await reserveHugepages(localHost, journal, [
        { node: 0, bytes: driver.hugepageBytes?.(PAIR.length, FRAME_BYTES_USUAL) ?? 0, inContainer: false },
      ]);
      await driver.start({
        ...{
          host: localHost,
          undo: journal,
          ports: PAIR,
          uplink: null,
          queues: 1,
          pin: 'auto' as const,
          options: NO_OPTIONS,
          frameBytes: FRAME_BYTES_USUAL,
          hostNetwork: false,
          portKind: 'vhost-user',
          cpus: [1],
          housekeeping: [0],
        },
        ...{ node: 0, directory, programs: artifacts.programs },
      });
      times.push((performance.now() - began) / 1000);
    } finally {
      await journal.close();
    }
  }
  return times;
}

/** From the start of LXC to the first word of a program inside, milliseconds. */
async function containerStarts(): Promise<number[]> {
  const artifacts = await ensureArtifacts(localHost, { root });
  const journal = await openJournal(localHost, 'alone', console.error);
  const times: number[] = [];
  try {
    const containers = await prepareContainers(localHost, '/run/vswbench/containers', journal);
    const made = await direct.start({
      ...{
        host: localHost,
        undo: journal,
        ports: PAIR,
        uplink: null,
        queues: 1,
        pin: 'auto' as const,
        options: NO_OPTIONS,
        frameBytes: FRAME_BYTES_USUAL,
        hostNetwork: false,
        portKind: 'netdev',
        cpus: [],
        housekeeping: [],
        node: 0,
      },
      ...{ directory: '/run/vswbench/switch', programs: artifacts.programs },
    });
    const [port] = made.nextPorts();
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
            ...(port.namespace === undefined ? {} : { namespace: port.namespace }),
            mac: '02:00:00:00:00:01',
            address: '198.18.0.1/24',
          },
          isolated: null,
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

const local = trialOverheads('linux-bridge', 'udp-mmsg');
report('overhead of a trial, linux-bridge', 's', local, TRIAL_OVERHEAD_MAX_S);
const extra = (await remoteOverheads()).map((seconds) => seconds - median(local));
report('a trial on two machines behind ssh, more than a local one', 's', extra, REMOTE_EXTRA_MAX_S);
report('overhead of a trial, ovs', 's', trialOverheads('ovs', 'dpdk'), DPDK_TRIAL_OVERHEAD_MAX_S);
report('cold start of ovs', 's', await coldStarts(ovs), COLD_START_MAX_S);
report('start of a container', 'ms', await containerStarts(), CONTAINER_START_MAX_MS);
