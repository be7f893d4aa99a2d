// SPDX-License-Identifier: Apache-2.0
// A real irqbalance is told, and told back: in mounts of its own, where it may read the interrupts of this machine and not move them. It is on the
// PATH, or VSWBENCH_TEST_IRQBALANCE says where.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { cannotMeasure, root, suite } from './machine.ts';

const IRQBALANCE = process.env.VSWBENCH_TEST_IRQBALANCE ?? 'irqbalance';
const isThere = spawnSync('sh', ['-c', `command -v ${IRQBALANCE}`]).status === 0;

/** Tells it, says what it has then, tells it back, and waits until that is taken up: a line each. */
const TELL = `
  import { tellIrqbalance } from ${JSON.stringify(join(root, 'src/host/knobs/irqbalance.ts'))};
  import { localHost } from ${JSON.stringify(join(root, 'src/host/local.ts'))};
  import { carryOut } from ${JSON.stringify(join(root, 'src/run/undo.ts'))};
  const undos = [];
  const undo = { push: async (one) => void undos.push(one), mark: () => 0, unwindTo: async () => [] };
  console.log(await tellIrqbalance(localHost, undo, [1]));
  const banned = async () => (await localHost.run([...undos[0].command.slice(0, -1), 'setup'])).stdout.split(' ').at(-1).trim();
  console.log(parseInt(await banned(), 16));
  for (const one of undos) if (await carryOut(localHost, one) !== null) process.exit(1);
  while (parseInt(await banned(), 16) !== 0) await new Promise((turn) => setTimeout(turn, 20));
  console.log('as before');`;

const WORLD = `
  mount --make-rprivate / && mount --bind /proc/irq /proc/irq && mount -o remount,bind,ro /proc/irq
  made=; [ -d /run/irqbalance ] || { mkdir /run/irqbalance && made=1; }
  mount -t tmpfs tmpfs /run/irqbalance
  "$0" --foreground --interval 1 >/dev/null 2>&1 & daemon=$!
  trap 'kill -9 $daemon; umount /run/irqbalance; [ -z "$made" ] || rmdir /run/irqbalance' EXIT
  until ls /run/irqbalance/*.sock >/dev/null 2>&1; do kill -0 $daemon || exit 77; sleep 0.02; done
  "$NODE" --input-type=module --eval "$TELL"`;

suite(
  'irqbalance',
  cannotMeasure || (isThere ? false : 'needs irqbalance (a daemon, which is not installed for a test)'),
  () => {
    it('keeps off the CPUs that it is told, and no longer when it is told back', { timeout: 60_000 }, async (t) => {
      const environment = { ...process.env, NODE: process.execPath, TELL };
      const running = spawn('unshare', ['--mount', 'sh', '-c', WORLD, IRQBALANCE], {
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines: string[] = [];
      createInterface({ input: running.stdout }).on('line', (line) => lines.push(line));
      const [code] = await once(running, 'close');
      if (code === 77) return t.skip('irqbalance ends by itself here: there is nothing to balance');
      assert.deepEqual(lines, ['irqbalance was told', '2', 'as before']);
    });
  },
);
