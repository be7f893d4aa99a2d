// SPDX-License-Identifier: Apache-2.0
// What Snabb 2024.08 and our script in it print. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { mangled, numbersIn } from '../../test/fixtures/fuzz.ts';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { figuresBetween, parseLine, parseVersion, type SnabbCounters, snabb } from './snabb.ts';

const VERSION = `snabb 2022.07 (396-gf32729274-dirty)
Copyright (C) 2012-2017 Snabb authors; see revision control logs for details.
License: <https://www.apache.org/licenses/LICENSE-2.0>
`;

const BEFORE =
  '{"v":1,"type":"counters","ports":[{"up":true,"in_packets":179137,"in_dropped":1558,"out_packets":1,"out_dropped":0},{"up":true,"in_packets":1,"in_dropped":0,"out_packets":126056,"out_dropped":51523}],"addresses":[{"mac":"02:00:00:00:00:02","port":1},{"mac":"02:00:00:00:00:01","port":0}],"busy_cycles":556808824,"idle_cycles":201356558,"busy_breaths":795}';
/** What they are before traffic: each application has announced itself once. */
const SETTLED =
  '{"v":1,"type":"counters","ports":[{"up":true,"in_packets":1,"in_dropped":0,"out_packets":1,"out_dropped":0},{"up":true,"in_packets":1,"in_dropped":0,"out_packets":1,"out_dropped":0}],"addresses":[{"mac":"02:00:00:00:00:02","port":1},{"mac":"02:00:00:00:00:01","port":0}],"busy_cycles":5866692,"idle_cycles":131884246,"busy_breaths":1}';
const AFTER =
  '{"v":1,"type":"counters","ports":[{"up":true,"in_packets":1481217,"in_dropped":1719,"out_packets":1,"out_dropped":0},{"up":true,"in_packets":1,"in_dropped":0,"out_packets":480795,"out_dropped":998703}],"addresses":[{"mac":"02:00:00:00:00:02","port":1},{"mac":"02:00:00:00:00:01","port":0}],"busy_cycles":1286988924,"idle_cycles":755777464,"busy_breaths":5485}';

const OLD = `module 'lib.tsc' not found:
	no field package.preload['lib.tsc']

Stack Traceback
===============
(1) Lua field 'require' at file 'core/main.lua:172'
`;

function countersIn(line: string): SnabbCounters {
  const parsed = parseLine(line);
  assert.notEqual(parsed, 'ready');
  return parsed as SnabbCounters;
}

describe('what Snabb prints', () => {
  it('of its version, a release or what comes after one', () => {
    assert.equal(parseVersion(VERSION), '2022.07 (396-gf32729274-dirty)');
    assert.equal(parseVersion('snabb 2018.09\nCopyright\n'), '2018.09');
    for (const other of ['', 'snabb', 'snabb twelve\n', 'Usage: snabb <program> ...\n']) {
      assert.equal(parseVersion(other), null);
    }
  });

  it('of its ports, addresses and cycles', () => {
    const { ports, addresses, busy_breaths } = countersIn(AFTER);
    assert.deepEqual(ports[1], { up: true, in_packets: 1, in_dropped: 0, out_packets: 480795, out_dropped: 998703 });
    assert.deepEqual(addresses[0], { mac: '02:00:00:00:00:02', port: 1 });
    assert.equal(busy_breaths, 5485);
    assert.equal(parseLine('{"v":1,"type":"ready"}'), 'ready');
  });

  it('and nothing else', () => {
    for (const line of [
      '',
      'null',
      '{}',
      '{"v":2,"type":"ready"}',
      'Nov 25 2026 22:49:19 bridge: packet forwarding table overflow',
      AFTER.replace('480795', '-1'),
      AFTER.replace('480795', '1.5'),
      AFTER.replace('480795', '"480795"'),
      AFTER.replace('"out_packets":480795,', ''),
      AFTER.slice(0, -1),
    ]) {
      assert.throws(() => parseLine(line), HostError, line);
    }
  });

  it('mangled in any way, is refused or taken by its letters: no number is invented', () => {
    const random = seededRandom(20261125);
    let taken = 0;
    for (let round = 0; round < 5000; round += 1) {
      const line = mangled(AFTER, random);
      let counters: ReturnType<typeof parseLine>;
      try {
        counters = parseLine(line);
      } catch (error) {
        assert.ok(error instanceof HostError, `${line}: ${error}`);
        continue;
      }
      if (counters === 'ready') continue;
      taken += 1;
      const written = numbersIn(line);
      for (const number of numbersIn(JSON.stringify(counters))) assert.ok(written.has(number), `${number} in ${line}`);
    }
    assert.ok(taken > 100, `only ${taken} lines were taken`);
  });
});

describe('what Snabb has done between two answers', () => {
  it('is told by packet and breath', () => {
    const figures = figuresBetween(countersIn(BEFORE), countersIn(AFTER));
    const close = (value: number | undefined, wanted: number) => assert.ok(Math.abs((value ?? 0) / wanted - 1) < 1e-3);
    close(figures.busyRatio, 730180100 / (730180100 + 554420906));
    close(figures.cyclesPerPacket, 730180100 / 1302080);
    close(figures.packetsPerBreath, 1302080 / 4690);
  });
  it('is nothing where no packet came', () => {
    assert.deepEqual(figuresBetween(countersIn(AFTER), countersIn(AFTER)), {});
  });
});

describe('looking for Snabb', () => {
  const found = (t: TestContext) =>
    new FakeHost(t)
      .answer(/^printenv VSWBENCH_SNABB$/, { stdout: '/opt/snabb\n' })
      .answer(/^mktemp /, { stdout: '/tmp/vswbench-snabb-a\n' });

  it('tells its version, and leaves nothing of what Snabb makes to tell it', async (t) => {
    const host = found(t)
      .answer(/^env SNABB_SHM_ROOT=\/tmp\/vswbench-snabb-a \/opt\/snabb --version$/, { stdout: VERSION })
      .answer(/^env SNABB_SHM_ROOT=\S+ \/opt\/snabb snsh --eval require\('apps.bridge.learning'\)/);
    assert.deepEqual(await snabb.probe(host), {
      available: true,
      version: '2022.07 (396-gf32729274-dirty)',
      program: '/opt/snabb',
    });
    assert.equal(host.events.at(-1), 'remove /tmp/vswbench-snabb-a');
  });

  it('says what is missing, and how to get it', async (t) => {
    const host = new FakeHost(t).answer(/^printenv /, { exitCode: 1 }).answer(/^sh -c /, { exitCode: 127 });
    const probe = await snabb.probe(host);
    assert.ok(!probe.available);
    assert.match(probe.mend, /github\.com\/snabbco\/snabb.*VSWBENCH_SNABB/);
  });

  it('does not take one that is too old for our script, nor what is no Snabb', async (t) => {
    const old = found(t)
      .answer(/--version$/, { stdout: VERSION })
      .answer(/ snsh /, { exitCode: 1, stderr: OLD });
    const probe = await snabb.probe(old);
    assert.ok(!probe.available);
    assert.match(probe.missing, /^\/opt\/snabb cannot be used: Snabb 2022\.07.* is too old \(.*lib\.tsc/);
    const other = await snabb.probe(found(t).answer(/--version$/, { exitCode: 127, stderr: 'env: No such file\n' }));
    assert.ok(!other.available);
    assert.match(other.missing, /No such file/);
  });
});

describe('starting Snabb', () => {
  const PORTS = [
    { pair: 0, end: 'source' },
    { pair: 0, end: 'sink' },
  ] as const;
  const begin = async (t: TestContext) => {
    const process = new FakeProcess();
    process.print({ v: 1, type: 'ready' });
    const host = new FakeHost(t)
      .put({ '/proc/sys/vm/nr_hugepages': '40\n', '/run/vswbench/switch/x': '' })
      .answer(/^printenv VSWBENCH_SNABB$/, { stdout: '/opt/snabb\n' })
      .answer(/^mkdir /)
      .answer(/^grep .*VSWBENCH_MARK/, { exitCode: 1 })
      .onStart(/ snsh /, () => process);
    const start = () => snabb.start(switchContext(host, { ports: PORTS, portKind: 'vhost-user', cpus: [3] }));
    return { host, process, start };
  };
  const undos = (host: FakeHost) => host.events.filter((event) => event.startsWith('undo '));

  it('leaves the place that all Snabbs share as it was found, and the hugepages', async (t) => {
    const { host, start } = await begin(t);
    host.answer(/^test -d \/var\/run\/snabb$/, { exitCode: 1 });
    await start();
    assert.deepEqual(undos(host), [
      'undo remove-empty-directory /var/run/snabb',
      'undo restore-knob /proc/sys/vm/nr_hugepages 40',
      'undo kill-marked /run/vswbench/switch',
    ]);
    assert.ok(
      host.events.indexOf('undo remove-empty-directory /var/run/snabb') < host.events.indexOf('mkdir /var/run/snabb'),
    );
    const started = host.events.find((event) => event.startsWith('start ')) ?? '';
    assert.match(started, / unshare --mount sh -c mount -t tmpfs .* taskset --cpu-list 3 \/opt\/snabb snsh /);
  });

  it('does not take it away where it was there', async (t) => {
    const { host, start } = await begin(t);
    host.answer(/^test -d \/var\/run\/snabb$/, { exitCode: 0 });
    await start();
    assert.ok(!undos(host).some((undo) => undo.includes('/var/run/snabb')));
  });

  it('tells its counters by port, and what is missing before traffic', async (t) => {
    const { host, process, start } = await begin(t);
    host.answer(/^test -d /, { exitCode: 0 });
    const running = await start();
    const answer = async <T>(asked: Promise<T> | null, line: string): Promise<T> => {
      await new Promise((turn) => setImmediate(turn));
      process.print(line);
      assert.ok(asked !== null);
      return asked;
    };
    assert.deepEqual(await answer(running.counters(), AFTER), [
      {
        ...{ pair: 0, end: 'source', inPackets: 1481217, outPackets: 1 },
        drops: [
          { reason: 'link to the bridge full', packets: 1719 },
          { reason: "receiver's ring full", packets: 0 },
        ],
      },
      {
        ...{ pair: 0, end: 'sink', inPackets: 1, outPackets: 480795 },
        drops: [
          { reason: 'link to the bridge full', packets: 0 },
          { reason: "receiver's ring full", packets: 998703 },
        ],
      },
    ]);
    const stations = [{ pair: 0, end: 'sink', at: 'port', mac: '02:00:00:00:00:02' } as const];
    const settled = async (line: string) => (await answer(running.settled(stations), line)) ?? 'yes';
    assert.equal(await settled(SETTLED), 'yes');
    assert.match(await settled(SETTLED.replace('02","port":1', '02","port":0')), /has not learned .*:02 at port 1/);
    assert.match(await settled(SETTLED.replaceAll('"up":true', '"up":false')), /nobody is connected to port 1/);
    assert.match(await settled(SETTLED.replace('"out_packets":1', '"out_packets":0')), /holds 1 announcements/);
  });

  it('takes hugepages for all packets that fit in its links', () => {
    const pages = [2, 4, 8].map((ports) => (snabb.hugepageBytes?.(ports, 1514) ?? 0) / 2 ** 21);
    assert.deepEqual(pages, [39, 82, 168]);
  });
});
