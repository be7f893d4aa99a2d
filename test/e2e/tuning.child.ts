// SPDX-License-Identifier: Apache-2.0
// Turns the knobs of a machine and gives them back, over and over, until somebody kills it: tuning.test.ts does. A line on standard output
// is a step that is about to be done.
import { z } from 'zod';
import { reserveHugepages } from '../../src/host/hugepages.ts';
import { knobRegistry } from '../../src/host/knobs/registry.ts';
import { openJournal } from '../../src/run/journal.ts';
import { Tuner } from '../../src/run/tuning.ts';
import { movedHost } from '../fixtures/moved-host.ts';

const [folders = '{}', hugepages = '0'] = process.argv.slice(2);
const moved = movedHost(z.record(z.string(), z.string()).parse(JSON.parse(folders)));
const step = () => process.stdout.write('step\n');
const host: typeof moved = {
  ...moved,
  async write(path, text) {
    step();
    await moved.write(path, text);
  },
  async append(path, text) {
    step();
    await moved.append(path, text);
  },
  async start(command, environment) {
    step();
    return moved.start(command, environment);
  },
};

for (;;) {
  const undo = await openJournal(host, 'kills', (line) => process.stderr.write(`${line}\n`));
  const tuner = new Tuner(
    knobRegistry.map(({ id }) => id),
    { near: [1], far: [] },
    false,
  );
  const side = { role: 'near', host, undo, cpus: [], uplinkNode: null, directory: '/run/vswbench/near' } as const;
  const artifacts = { programs: '', application: '', root: '', frameworks: [] };
  const containers = { path: '', ipv6: false, appArmor: false };
  await tuner.turn({
    ...side,
    artifacts,
    uplink: null,
    hostname: 'testbed-1',
    clocksource: null,
    interruptsApart: null,
    containers,
  });
  await reserveHugepages(host, undo, [{ node: 0, bytes: Number(hugepages), inContainer: false }]);
  for (const complaint of await undo.close()) process.stderr.write(`${complaint}\n`);
}
