// SPDX-License-Identifier: Apache-2.0
// What FastClick of 2026 (which calls itself Click 2.1) and our configuration in it print. That it forwards is for the
// end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { mangled, numbersIn } from '../../test/fixtures/fuzz.ts';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import {
  configuration,
  type FastClickCounters,
  fastclick,
  figuresBetween,
  reasonOf,
  ScriptLanguage,
} from './fastclick.ts';

const BEFORE = `vswbench counters 675169 3 0 1 599514 75657
vswbench batches 347233 10852 1 1
vswbench table
02-00-00-00-00-01 0
02-00-00-00-00-02 1
vswbench end`;
const AFTER = `vswbench counters 2147681 3 0 1 2070618 77065
vswbench batches 1660705 51898 1 1
vswbench table
02-00-00-00-00-01 0
02-00-00-00-00-02 1
vswbench end`;
/** What they are before traffic: each application has announced itself once. */
const SETTLED = `vswbench counters 1 1 0 1 1 0
vswbench batches 0 0 0 0
vswbench table
02-00-00-00-00-01 0
02-00-00-00-00-02 1
vswbench end`;
const EMPTY = `vswbench counters 0 0 0 0 0 0
vswbench batches 0 0 0 0
vswbench table

vswbench end`;

/** What the lines come to, the last answer of them; throws as the parser does. */
function read(text: string, ports = 2): FastClickCounters | 'ready' | null {
  const language = new ScriptLanguage(ports, async () => undefined);
  let last: FastClickCounters | 'ready' | null = null;
  for (const line of text.split('\n')) last = language.take(line) ?? last;
  return last;
}

function answerOf(text: string): FastClickCounters {
  const answer = read(text);
  assert.ok(answer !== null && answer !== 'ready', text);
  return answer;
}

describe('what FastClick prints', () => {
  it('of its ports, batches and addresses', () => {
    const { ports, addresses } = answerOf(AFTER);
    assert.deepEqual(ports, [
      { inPackets: 2147681, outPackets: 3, droppedPackets: 0, batchedPackets: 1660705, batches: 51898 },
      { inPackets: 1, outPackets: 2070618, droppedPackets: 77065, batchedPackets: 1, batches: 1 },
    ]);
    assert.deepEqual(
      [...addresses],
      [
        ['02:00:00:00:00:01', 0],
        ['02:00:00:00:00:02', 1],
      ],
    );
    assert.equal(answerOf(EMPTY).addresses.size, 0);
    assert.equal(read('vswbench ready'), 'ready');
  });

  it('beside lines of its own, which are passed over', () => {
    assert.deepEqual(answerOf(`Initializing DPDK\n${AFTER}\nsomething else`), answerOf(AFTER));
  });

  it('and nothing else', () => {
    for (const text of [
      AFTER.replace(' 77065', ''),
      AFTER.replace('77065', '77065 1'),
      AFTER.replace('77065', '-1'),
      AFTER.replace('77065', '1e3'),
      AFTER.replace('77065', '<undefined>'),
      AFTER.replace('77065', '99999999999999999999'),
      AFTER.replace('vswbench batches 1660705 51898 1 1\n', ''),
      AFTER.replace('vswbench table\n', ''),
      AFTER.replace('00-01 0', '00-01 2'),
      AFTER.replace('00-01 0', '00-01'),
      AFTER.replace('02-00-00', '02:00:00'),
      AFTER.replace('vswbench end', 'vswbench stop'),
    ]) {
      assert.throws(() => read(text), HostError, text);
    }
    assert.equal(read(AFTER.replace('vswbench end', '')), null);
  });

  it('mangled in any way, is refused or taken by its letters: no number is invented', () => {
    const random = seededRandom(20261125);
    let taken = 0;
    for (let round = 0; round < 5000; round += 1) {
      const text = mangled(AFTER, random);
      let answer: ReturnType<typeof read>;
      try {
        answer = read(text);
      } catch (error) {
        assert.ok(error instanceof HostError, `${text}: ${error}`);
        continue;
      }
      if (answer === null || answer === 'ready') continue;
      taken += 1;
      const written = numbersIn(text);
      for (const port of answer.ports) {
        for (const number of Object.values(port)) assert.ok(written.has(number), `${number} in ${text}`);
      }
      for (const [mac, port] of answer.addresses) {
        assert.ok(text.includes(`${mac.toUpperCase().replaceAll(':', '-')} ${port}`), text);
      }
    }
    assert.ok(taken > 100, `only ${taken} answers were taken`);
  });

  it('where it does not come up: the reason, not that it gives up', () => {
    const noMemory = `EAL: Detected CPU lcores: 2
Warning! Push batch1->switch is not compatible with batch. Packets will be unbatched and that will reduce the performance.
/run/x/switch.click:3: While initializing 'in0 :: FromDPDKDevice':
  warning: Thread offset 0 will be ignored because the numa node has not enough cores
Initializing DPDK
/run/x/switch.click:4: While initializing 'out1 :: ToDPDKDevice':
  Could not allocate packet MBuf pools 0 with 16383 buffers : error 12 (Cannot allocate memory)
  Maybe try to allocate less buffers with DPDKInfo(X)
Router could not be initialized!
`;
    assert.match(reasonOf(noMemory), /^Could not allocate packet MBuf pools 0 .*Cannot allocate memory/);
    const noPages = `EAL: No free 2048 kB hugepages reported on node 0
EAL: FATAL: Cannot get hugepage information.
EAL: Cannot get hugepage information.
EAL: Error - exiting with code: 1
  Cause: Click was built with DPDK support but there was an
          error parsing the EAL arguments or launching DPDK EAL.
`;
    assert.equal(reasonOf(noPages), 'Cannot get hugepage information.');
    assert.equal(reasonOf('out1: packet dropped\nNo more DPDK buffer\n'), 'No more DPDK buffer');
    assert.equal(reasonOf(''), '');
  });
});

describe('what FastClick has done between two answers', () => {
  it('is told by batch', () => {
    assert.deepEqual(figuresBetween(answerOf(BEFORE), answerOf(AFTER)), {
      packetsPerBatch: (1660705 - 347233) / (51898 - 10852),
    });
  });
  it('is nothing where it has not said', () => {
    assert.deepEqual(figuresBetween(answerOf(AFTER), answerOf(AFTER)), {});
  });
});

describe('looking for FastClick', () => {
  const CLASSES = [
    'AverageBatchCounter',
    'DPDKInfo',
    'EtherSwitch',
    'FromDPDKDevice',
    'ListenEtherSwitch',
    'Script',
    'ToDPDKDevice',
  ];
  const withClasses = (t: TestContext, classes: string[]) =>
    new FakeHost(t)
      .answer(/^printenv VSWBENCH_FASTCLICK$/, { stdout: '/opt/click\n' })
      .answer(/^\/opt\/click -q -e {2}-h version$/, { stdout: '2.1\n' })
      .answer(/^\/opt\/click -q -e {2}-h classes$/, { stdout: `${classes.join('\n')}\n` });
  const without = (t: TestContext, ...gone: string[]) =>
    fastclick.probe(withClasses(t, CLASSES.filter((name) => !gone.includes(name)))); // biome-ignore format: one line

  it('tells the version of Click that it calls itself', async (t) => {
    assert.deepEqual(await fastclick.probe(withClasses(t, CLASSES)), {
      available: true,
      version: '2.1',
      program: '/opt/click',
    });
  });

  it('names what one lacks that cannot be used', async (t) => {
    const missing = async (...gone: string[]) => {
      const probe = await without(t, ...gone);
      return probe.available ? '' : probe.missing;
    };
    assert.equal(await missing('AverageBatchCounter'), '/opt/click (Click 2.1) is not FastClick');
    assert.equal(await missing('FromDPDKDevice', 'ToDPDKDevice'), '/opt/click (Click 2.1) was built without DPDK');
    // Of the same letters is another element's name.
    assert.equal(await missing('EtherSwitch'), '/opt/click (Click 2.1) was built without EtherSwitch');
  });

  it('does not take another program of that name', async (t) => {
    const host = new FakeHost(t)
      .answer(/^printenv /, { exitCode: 1 })
      .answer(/^sh -c /, { stdout: '/usr/bin/click\n' })
      .answer(/^\/usr\/bin\/click /, { exitCode: 2, stderr: 'Usage: click [OPTIONS]\nError: no such option: -q\n' });
    const probe = await fastclick.probe(host);
    assert.ok(!probe.available);
    assert.match(probe.missing, /^\/usr\/bin\/click is not FastClick, or cannot be run: Error: no such option: -q$/);
  });

  it('says what is missing, and how to get it', async (t) => {
    const host = new FakeHost(t).answer(/^printenv /, { exitCode: 1 }).answer(/^sh -c /, { exitCode: 127 });
    const probe = await fastclick.probe(host);
    assert.ok(!probe.available);
    assert.match(probe.mend, /github\.com\/tbarbette\/fastclick.*--enable-dpdk.*VSWBENCH_FASTCLICK/);
  });
});

describe('FastClick', () => {
  const PORTS = [
    { pair: 0, end: 'source' },
    { pair: 0, end: 'sink' },
  ] as const;

  it('is told to clear time stamps, not to wait for receivers, and what to print', () => {
    const text = configuration(2, 1);
    assert.match(text, /^DPDKInfo\(NB_SOCKET_MBUF 0, NB_SOCKET_MBUF 32767\);$/m);
    assert.match(text, /^in1 :: FromDPDKDevice\(1, CLEAR true\) -> .* \[1\] switch \[1\] -> .*BLOCKING false\);$/m);
    assert.match(
      text,
      /print "vswbench counters \$\(in0\.count\) \$\(out0\.count\) \$\(out0\.dropped\) \$\(in1\.count\)/,
    );
  });

  it('polls on its CPU, has its other threads elsewhere, and answers when it gets a signal', async (t) => {
    let text = AFTER;
    const process = new FakeProcess(77);
    process.print('vswbench ready');
    const host = new FakeHost(t)
      .put({ '/run/vswbench/switch/x': '' })
      .answer(/^printenv VSWBENCH_FASTCLICK$/, { stdout: '/opt/click\n' })
      .answer(/^mkdir /)
      .answer(/^grep .*VSWBENCH_MARK/, { exitCode: 1 })
      .answer(/^kill -USR1 77$/, () => {
        for (const line of text.split('\n')) process.print(line);
        return {};
      })
      .onStart(/ --dpdk /, () => process);
    const running = await fastclick.start(
      switchContext(host, { ports: PORTS, portKind: 'vhost-user', cpus: [3], housekeeping: [0, 1] }),
    );
    const started = host.events.find((event) => event.startsWith('start ')) ?? '';
    assert.match(started, / taskset --cpu-list 0,1 \/opt\/click --dpdk -l 3 --in-memory .* -- \S+\/switch\.click$/);
    assert.equal(host.files.get('/run/vswbench/switch/switch.click'), configuration(2, 0));
    assert.deepEqual(
      (await running.counters())?.map(({ inPackets, outPackets, drops }) => [inPackets, outPackets, drops[0]?.packets]),
      [
        [2147681, 3, 0],
        [1, 2070618, 77065],
      ],
    );
    const settled = async (mac: string, said: string) => {
      text = said;
      return (await running.settled([{ pair: 0, end: 'sink', at: 'port', mac }])) ?? 'yes';
    };
    assert.equal(await settled('02:00:00:00:00:02', SETTLED), 'yes');
    assert.match(await settled('02:00:00:00:00:01', SETTLED), /not learned .* at port 1/);
    assert.match(await settled('02:00:00:00:00:02', SETTLED.replace('1 1 0', '1 0 0')), /holds 1 announcements/);
    assert.deepEqual(await running.threads(), [77]);
  });
});
