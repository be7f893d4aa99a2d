// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, mock, type TestContext } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { FakeProcess } from '../../test/fixtures/host.ts';
import { macOf } from '../model/station.ts';
import type { TestCase } from '../model/testcase.ts';
import { Application, type ApplicationPlan, applicationCommand, ipOf, sampleIntervalMs } from './application.ts';
import { TrialFailure } from './failure.ts';

function plan(part: Partial<TestCase> = {}, end: ApplicationPlan['end'] = 'source'): ApplicationPlan {
  const times = { warmupMs: 500, durationMs: 3000, cooldownMs: 100, epochNs: 9_100_000_123_000_000_001n };
  return { testCase: testCase(part), pair: 3, end, device: 'eth0', cpu: 5, ...times, runTag: 127 };
}

function optionOf(command: string[], name: string): string | undefined {
  return command[command.indexOf(`--${name}`) + 1];
}

describe('applicationCommand', () => {
  const PARAMETERS: [string, Partial<TestCase>, string, string][] = [
    ['I/O framework', { io: 'raw-mmsg' }, 'io', 'raw-mmsg'],
    ['packet size', { packetSize: 1500 }, 'size', '1500'],
    ['rate', { rate: 20_000 }, 'rate', '20000'],
    ['no rate: unpaced', { rate: 'max' }, 'rate', '0'],
    ['burst', { burst: 7 }, 'burst', '7'],
    ['touch', { touch: 'none' }, 'touch', 'none'],
    ['wait', { wait: 'poll' }, 'wait', 'poll'],
    ['receive moderation', { rxModeration: 'off' }, 'rx-moderation', 'off'],
  ];
  for (const [what, part, option, value] of PARAMETERS) {
    it(`passes the ${what} on`, () => assert.equal(optionOf(applicationCommand(plan(part)), option), value));
  }

  it('passes the phases on', () => {
    const command = applicationCommand(plan());
    assert.equal(optionOf(command, 'warmup-ms'), '500');
    assert.equal(optionOf(command, 'duration-ms'), '3000');
    assert.equal(optionOf(command, 'interval-ms'), '100');
    assert.equal(optionOf(command, 'cpu'), '5');
  });
  it('keeps its port open behind its end, and goes on sending behind the window', () => {
    const command = applicationCommand(plan());
    assert.ok(command.includes('--hold'));
    assert.ok(Number(optionOf(command, 'cooldown-ms')) > 0);
  });
  it('passes the epoch on to the last digit, and the tag of the trial', () => {
    const command = applicationCommand(plan());
    assert.equal(optionOf(command, 'epoch-ns'), '9100000123000000001');
    assert.equal(optionOf(command, 'run'), '127');
  });

  const ROLES: [TestCase['dimension'], ApplicationPlan['end'], string][] = [
    ['throughput', 'source', 'sender'],
    ['throughput', 'sink', 'receiver'],
    ['latency', 'source', 'client'],
    ['latency', 'sink', 'server'],
  ];
  for (const [dimension, end, role] of ROLES) {
    it(`the ${end} of ${dimension} is a ${role}`, () => {
      assert.deepEqual(applicationCommand(plan({ dimension }, end)).slice(0, 2), ['/bin/vswload', role]);
    });
  }

  it('gives the ends of a pair the addresses of each other', () => {
    const [source, sink] = [applicationCommand(plan({}, 'source')), applicationCommand(plan({}, 'sink'))];
    for (const [ours, peers] of [
      ['local-mac', 'peer-mac'],
      ['local-ip', 'peer-ip'],
      ['local-port', 'peer-port'],
    ] as const) {
      assert.equal(optionOf(source, ours), optionOf(sink, peers));
      assert.equal(optionOf(sink, ours), optionOf(source, peers));
    }
    assert.equal(optionOf(source, 'pair'), '3');
  });
  it('gives every end of 128 pairs an address of its own', () => {
    const ends = Array.from({ length: 128 }, (_, pair) => (['source', 'sink'] as const).map((end) => ({ pair, end })));
    assert.equal(new Set(ends.flat().map(({ pair, end }) => macOf(pair, end))).size, 256);
    assert.equal(new Set(ends.flat().map(({ pair, end }) => ipOf(pair, end))).size, 256);
    assert.equal(new Set(ends.flat().map(({ pair, end }) => ipOf(pair, end, '6'))).size, 256);
    assert.equal(ipOf(127, 'sink', '6'), '2001:2:0:7f:4000::2');
    assert.equal(macOf(127, 'sink'), '02:00:00:00:7f:02');
  });
});

it('short windows are sampled more often', () => {
  assert.equal(sampleIntervalMs(999), 20);
  assert.equal(sampleIntervalMs(1000), 100);
});

const READY = {
  ...{ v: 2, type: 'ready', role: 'sender', io: 'udp', device: 'eth0', pid: 7, cpu: 0, ticks_hz: 2.6e9 },
  ...{ payload_bytes: 22, frame_bytes: 64, tx_queue_bytes: 212_992, rx_queue_bytes: null, path: null },
  ...{ run: 127, rx_moderation: false },
};
const SAMPLE = {
  ...{ v: 2, type: 'sample', t_ns: 5, tx_packets: 1, rx_packets: 0, rx_unique_packets: 0 },
  ...{ cpu_ns: 1, minor_faults: 0, polls: 1, empty_polls: 0 },
};
const FINAL = {
  ...{ v: 2, type: 'final', role: 'sender', io: 'udp', started_ns: 1, ended_ns: 2, stopped_by: 'duration' },
  ...{
    tx: null,
    rx: null,
    cpu_ns: 1,
    voluntary_switches: 0,
    involuntary_switches: 0,
    cycles: null,
    instructions: null,
    minor_faults: 0,
    clock_drift_ppm: null,
    polls: 1,
    empty_polls: 0,
  },
  latency: { rtt_intended: null, rtt_actual: null, one_way_intended: null, one_way_actual: null },
};
const NEVER = new AbortController().signal;
/** Longer than a test may take: where it matters, time is mocked. */
const LONG_MS = 600_000;

function launch(): { process: FakeProcess; application: Application } {
  const process = new FakeProcess();
  return { process, application: new Application('vswbench-3-source', plan(), process) };
}

function failure(step: string, message: RegExp | string): (error: unknown) => boolean {
  return (error) =>
    error instanceof TrialFailure &&
    error.step === step &&
    (typeof message === 'string' ? error.message === message : message.test(error.message));
}

describe('an application', () => {
  it('tells when it is ready, samples, and its result', async () => {
    const { process, application } = launch();
    process.print(READY);
    assert.equal((await application.ready(LONG_MS, NEVER)).pid, 7);
    process.print(SAMPLE);
    process.print({ ...SAMPLE, t_ns: 6 });
    process.print(FINAL);
    process.end();
    assert.equal((await application.final(LONG_MS, NEVER)).ended_ns, 2);
    assert.deepEqual(
      application.samples.map((sample) => sample.t_ns),
      [5, 6],
    );
    await application.ended(LONG_MS, NEVER);
  });

  it('is told when to start and when to measure, in whole nanoseconds, and when to stop', () => {
    const { process, application } = launch();
    application.startAt(1234.56);
    application.measureAt(5678.9);
    application.stop();
    assert.deepEqual(process.sent, ['start 1235', 'measure 5679', 'stop']);
  });

  it('serves one trial after the other, each with its own lines', async () => {
    const { process, application } = launch();
    process.print(READY);
    process.print(SAMPLE);
    process.print(FINAL);
    const first = await application.final(LONG_MS, NEVER);
    const { samples } = application;
    application.next({ ...plan({ rate: 5000 }), durationMs: 1000, warmupMs: 100, runTag: 3 });
    assert.deepEqual(process.sent, [
      'next --rate 5000 --arrivals regular --warmup-ms 100 --duration-ms 1000 --interval-ms 100 --run 3',
    ]);
    assert.deepEqual([application.samples, samples.length, application.plan.durationMs], [[], 1, 1000]);
    process.print({ ...READY, run: 3 });
    assert.equal((await application.ready(LONG_MS, NEVER)).run, 3);
    process.print({ ...FINAL, ended_ns: 9 });
    assert.deepEqual([first.ended_ns, (await application.final(LONG_MS, NEVER)).ended_ns], [2, 9]);
    process.end({ exitCode: 1 });
    await application.ended(LONG_MS, NEVER);
    application.next(plan());
    await assert.rejects(application.ready(LONG_MS, NEVER), TrialFailure);
  });

  it('fails with what it complains of', async () => {
    const { process, application } = launch();
    process.print({ v: 2, type: 'error', code: 'EPERM', message: 'raw sockets need CAP_NET_RAW' });
    process.end({ exitCode: 1, stderr: 'lxc-execute: noise\n' });
    const told = failure('run application', 'vswbench-3-source: raw sockets need CAP_NET_RAW');
    await assert.rejects(application.ready(LONG_MS, NEVER), told);
    await assert.rejects(application.final(LONG_MS, NEVER), told);
    await assert.rejects(application.failed(), told);
  });

  for (const [what, line] of [
    ['that is not JSON', 'Segmentation fault'],
    ['of another version', { ...READY, v: 1 }],
    ['of an unknown type', { v: 2, type: 'surprise' }],
    ['with a count that is none', { ...SAMPLE, tx_packets: -1 }],
  ] as const) {
    it(`fails at once at a line ${what}, though it goes on running`, async () => {
      const { process, application } = launch();
      process.print(line);
      await assert.rejects(application.failed(), failure('run application', /a line that is not of the protocol: /));
      assert.equal(process.killed.length, 0);
    });
  }

  describe('that ends before it is ready fails with', () => {
    const ENDS: [string, Parameters<FakeProcess['end']>[0], string][] = [
      [
        "what LXC says first, without the places in LXC's source",
        {
          exitCode: 1,
          stderr:
            'lxc-execute: c: ../src/lxc/network.c: netdev_configure_server_phys: 1176 No such device - Failed to retrieve ifindex\n' +
            'lxc-execute: c: ../src/lxc/start.c: lxc_spawn: 1840 Failed to create the network\n',
        },
        'No such device - Failed to retrieve ifindex',
      ],
      ['its exit code where nothing is said', { exitCode: 139 }, 'it ended with exit code 139'],
      ['the signal where there is no exit code', { exitCode: null }, 'it ended with exit code none'],
      [
        'the reason where LXC is not there',
        { exitCode: null, stderr: 'spawn lxc-execute ENOENT' },
        'spawn lxc-execute ENOENT',
      ],
    ];
    for (const [what, result, message] of ENDS) {
      it(what, async () => {
        const { process, application } = launch();
        process.end(result);
        await assert.rejects(
          application.ready(LONG_MS, NEVER),
          failure('run application', `vswbench-3-source: ${message}`),
        );
      });
    }
  });

  it('does not fail by ending after its result', async () => {
    const { process, application } = launch();
    process.print(FINAL);
    process.end();
    await application.ended(LONG_MS, NEVER);
    const outcome = await Promise.race([application.failed().catch(() => 'failed'), application.final(LONG_MS, NEVER)]);
    assert.notEqual(outcome, 'failed');
  });

  describe('that keeps us waiting', () => {
    const withClock = (t: TestContext) => {
      mock.timers.enable({ apis: ['setTimeout'] });
      t.after(() => mock.timers.reset());
      return launch();
    };
    it('is not ready in time', async (t) => {
      const { application } = withClock(t);
      const waiting = application.ready(10_000, NEVER);
      mock.timers.tick(10_000);
      await assert.rejects(waiting, failure('start application', 'vswbench-3-source is not ready after 10 s'));
    });
    it('has no result in time', async (t) => {
      const { application } = withClock(t);
      const waiting = application.final(5000, NEVER);
      mock.timers.tick(5000);
      await assert.rejects(waiting, failure('finish application', 'vswbench-3-source has not finished after 5 s'));
    });
    it('has told its result and whose container does not end', async (t) => {
      const { process, application } = withClock(t);
      process.print(FINAL);
      const waiting = application.ended(5000, NEVER);
      mock.timers.tick(5000);
      await assert.rejects(waiting, failure('end container', /has told its result but not ended after 5 s/));
    });
    it('may take its time until then', async (t) => {
      const { process, application } = withClock(t);
      const waiting = application.ready(10_000, NEVER);
      mock.timers.tick(9999);
      process.print(READY);
      assert.equal((await waiting).type, 'ready');
    });
    it('is no longer waited for where nobody wants it any more', async () => {
      const { application } = launch();
      const stop = new AbortController();
      const waiting = application.final(LONG_MS, stop.signal);
      stop.abort();
      await assert.rejects(waiting, { name: 'AbortError' });
    });
  });
});
