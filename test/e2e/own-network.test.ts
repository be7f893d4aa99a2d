// SPDX-License-Identifier: Apache-2.0
// Whose rules reach a kernel switch, who sees its interfaces, and that an uplink comes back out of its network whatever happens. The hosts
// are network namespaces, so that no rule is ever one of this machine's.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, it } from 'node:test';
import { z } from 'zod';
import { joinByCable, takeApart, writeTestbed } from './cabled.ts';
import { documentOf } from './document.ts';
import { applicationRuns, cannotMeasure, capture, ownNetworks, suite, suiteWorkspace, until } from './machine.ts';

const [NEAR, FAR] = ['vswt-own-a', 'vswt-own-b'];
const KNOB = '/proc/sys/net/ipv6/conf/cable/disable_ipv6';
const SHORT = ['-V', 'linux-bridge', '--io', 'udp-mmsg', '-R', '2k', '--warmup', '50ms', '--trials', '1'];

/** Broadcasts of somebody's own by the cable, a hundred a second (ethertype 0x88b5, for experiments). */
const BROADCASTS = [
  ...['perl', '-MTime::HiRes=sleep', '-e'],
  [
    'socket(my $s, 17, 3, 0x88b5) or die $!;',
    'chomp(my $index = qx(cat /proc/net/dev_mcast | sed -n "s/ cable .*//p" | head -n 1));',
    'my $to = pack("S n l S C C a8", 17, 0x88b5, $index, 0, 0, 6, "\\xff" x 6);',
    'my $frame = "\\xff" x 6 . "\\x02\\0\\0\\0\\x99\\x01" . "\\x88\\xb5" . "\\0" x 46;',
    'while (1) { send($s, $frame, 0, $to); sleep 0.01 }',
  ].join(' '),
];

const within = (namespace: string, ...command: string[]) =>
  execFileSync('nsenter', [`--net=/run/netns/${namespace}`, '--', ...command], { encoding: 'utf8' });
const OutcomeSchema = z.looseObject({
  results: z.array(z.looseObject({ outcome: z.string(), reason: z.string().optional() })),
});
const DocumentSchema = z.looseObject({
  results: z.array(
    z.looseObject({ outcome: z.string(), trials: z.array(z.looseObject({ offeredPackets: z.int().optional() })) }),
  ),
});
const cannotDissect = spawnSync('tshark', ['--version']).status === 0 ? false : 'needs tshark';
const cannotFilter = spawnSync('nft', ['--version']).status === 0 ? false : 'needs nft';

suite('a kernel switch in a network of its own', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  const file = () => join(workspace.results, 'hosts.yaml');
  before(() => {
    joinByCable([NEAR, FAR]);
    writeTestbed(file(), 'own', [NEAR, FAR]);
  });
  after(() => takeApart([NEAR, FAR]));

  const measured = async (...more: string[]) => {
    const ended = await workspace.run(['run', file(), '--json', ...SHORT, '--duration', '300ms', ...more]);
    const [row] = documentOf(ended).results;
    assert.ok(row !== undefined, ended.stderr);
    return row;
  };

  const outcomeOf = async (...more: string[]) => {
    const ended = await workspace.run(['run', file(), '--json', ...SHORT, '--duration', '300ms', ...more]);
    const [row] = OutcomeSchema.parse(JSON.parse(ended.stdout)).results;
    return row ?? assert.fail(ended.stderr);
  };

  for (const [family, priority] of [
    // bridge-nf takes IPv4 at 0 (NF_BR_PRI_BRNF of linux/netfilter_bridge.h): of rules at 0 as well, those meet it that were there before.
    ['bridge', -200],
    ['inet', 10],
  ] as const) {
    it(`is not reached by a rule of nftables' family ${family}, but with --host-network`, {
      skip: cannotFilter,
      timeout: 60_000,
    }, async () => {
      within(NEAR, 'nft', 'add', 'table', family, 'vswcase');
      const chain = `{ type filter hook forward priority ${priority}; policy drop; }`;
      within(NEAR, 'nft', 'add', 'chain', family, 'vswcase', 'c', chain);
      try {
        const own = await measured();
        assert.deepEqual([own.outcome, own.flags.includes('host-network')], ['measured', false]);
        assert.ok(own.trials.every(({ ledgers }) => ledgers.every(({ closes }) => closes)));
        const { outcome, reason = '' } = await outcomeOf('--host-network');
        assert.equal(outcome, 'failed');
        assert.match(reason, new RegExp(`no packet arrived.*: nft ${family} vswcase c: policy drop`));
      } finally {
        within(NEAR, 'nft', 'delete', 'table', family, 'vswcase');
      }
    });
  }

  it('is measured in the host’s own with --host-network, which is flagged', async () => {
    const row = await measured('--host-network');
    assert.deepEqual([row.outcome, row.flags.includes('host-network')], ['measured', true]);
    assertNothingLeft();
  });

  it('is seen by nobody who looks at the host’s interfaces', { timeout: 60_000 }, async () => {
    const running = workspace.start(['run', file(), ...SHORT, '--duration', '1s']);
    await until(() => applicationRuns('sender'));
    for (const namespace of [NEAR, FAR]) {
      assert.doesNotMatch(within(namespace, 'cat', '/proc/net/dev'), /vsw/);
    }
    assert.doesNotMatch(capture('cat', '/proc/net/dev'), /vsw/);
    assert.equal((await running.ended).code, 0);
    assertNothingLeft();
  });

  for (const [id, io, ...more] of [
    ['ovs', 'dpdk'],
    ['linux-bridge', 'udp', '--host-network'],
  ] as const) {
    it(`has what others send by the cable told, and is measured: ${id} ${more.join(' ')}`, {
      timeout: 90_000,
    }, async () => {
      const talkers = [NEAR, FAR].map((namespace) =>
        spawn('nsenter', [`--net=/run/netns/${namespace}`, ...BROADCASTS]),
      );
      try {
        const remote = ['-L', 'remote', '-D', 'throughput,latency', '-V', id, '--io', io, ...more];
        const ended = await workspace.run(['run', file(), '--json', ...SHORT, '--duration', '1s', ...remote]);
        const rows = documentOf(ended).results;
        assert.deepEqual(
          rows.map(({ outcome, flags }) => [outcome, flags.includes('shared-uplink')]),
          [
            ['measured', true],
            ['measured', true],
          ],
          ended.stderr,
        );
        const trials = rows.flatMap((row) => row.trials);
        assert.ok(trials.every(({ ledgers }) => ledgers.every(({ closes }) => closes)));
        assert.ok(trials.every(({ uplink }) => (uplink?.foreignPackets ?? 0) > 0));
      } finally {
        for (const talker of talkers) {
          const gone = once(talker, 'exit');
          talker.kill('SIGKILL');
          await gone;
        }
      }
    });
  }

  it('carries jumbo frames whole from host to host, as tshark sees them, with the MTU that was raised in the record', {
    skip: cannotDissect,
    timeout: 90_000,
  }, async () => {
    const filter = ['-i', 'cable', '-f', 'udp port 5001', '-l', '-T', 'fields', '-e', 'frame.len', '-e', 'ip.len'];
    within(FAR, 'ip', 'link', 'set', 'dev', 'cable', 'up');
    const dissecting = spawn('nsenter', [`--net=/run/netns/${FAR}`, '--', 'tshark', ...filter]);
    const seen: string[] = [];
    createInterface({ input: dissecting.stdout }).on('line', (line) => seen.push(line));
    const listening = Promise.withResolvers<void>();
    createInterface({ input: dissecting.stderr }).on('line', (line) => {
      if (/Capture started/.test(line)) listening.resolve();
    });
    await listening.promise;
    const jumbo = ['-L', 'remote', '--host-network', '-P', '9000', '-V', 'linux-bridge,ovs', '--io', 'udp,dpdk'];
    const ended = await workspace.run([
      'run',
      file(),
      '--json',
      ...SHORT,
      '--duration',
      '300ms',
      ...jumbo,
      '-R',
      '500',
      '-B',
      '4',
    ]);
    const rows = OutcomeSchema.parse(JSON.parse(ended.stdout)).results;
    const ovs = rows.find(({ outcome }) => outcome === 'skipped');
    assert.match(ovs?.reason ?? '', /1514/);
    const { trials } =
      DocumentSchema.parse(JSON.parse(ended.stdout)).results.find(({ outcome }) => outcome === 'measured') ??
      assert.fail(ended.stderr);
    const offered = trials.reduce((sum, { offeredPackets }) => sum + (offeredPackets ?? 0), 0);
    await until(() => seen.length >= offered);
    const gone = once(dissecting, 'exit');
    dissecting.kill('SIGTERM');
    await gone;
    assert.deepEqual([seen.length, [...new Set(seen)]], [offered, ['9000\t8986']]);
    assert.match(
      (await workspace.run(['show'])).stdout.replaceAll(/\s+/g, ' '),
      /uplink cable \([^)]*, MTU 1600, raised to 8986 while a switch has it\)/,
    );
    assertNothingLeft();
  });

  /** Up, with a setting that is not the usual one, on the near host alone; each with an MTU of its own. */
  const state = () =>
    [NEAR, FAR].map((namespace) => [
      /[<,]UP[,>]/.test(within(namespace, 'ip', 'link', 'show', 'dev', 'cable')),
      /mtu \d+/.exec(within(namespace, 'ip', 'link', 'show', 'dev', 'cable'))?.[0],
      within(namespace, 'sh', '-c', `[ ! -e ${KNOB} ] || cat ${KNOB}; cat /proc/sys/net/ipv4/conf/cable/arp_ignore`),
    ]);
  const ENDS: [string, (run: ReturnType<typeof workspace.start>) => Promise<void>][] = [
    ['a normal end', async () => undefined],
    [
      'Ctrl-C',
      async ({ child }) => {
        child.kill('SIGINT');
      },
    ],
    [
      'a kill -9 of vswbench',
      async ({ child, ended }) => {
        child.kill('SIGKILL');
        await ended;
        const cleaned = await workspace.run(['clean']);
        assert.equal(cleaned.code, 0, cleaned.stderr);
      },
    ],
    [
      'whoever lives in its network is killed',
      async () => {
        for (const name of ownNetworks()) {
          // Some of them end by themselves meanwhile, which kill(1) of several says and goes on.
          const ids = capture('ip', 'netns', 'pids', name).split('\n');
          spawnSync('kill', ['-KILL', ...ids.filter((id) => id !== '')]);
        }
      },
    ],
  ];
  beforeEach(() => {
    within(NEAR, 'ip', 'link', 'set', 'dev', 'cable', 'up', 'mtu', '1600');
    within(NEAR, 'sh', '-c', `[ ! -e ${KNOB} ] || echo 1 > ${KNOB}; echo 2 > /proc/sys/net/ipv4/conf/cable/arp_ignore`);
  });
  for (const [what, end] of ENDS) {
    it(`gives an uplink back as it was after ${what}`, { timeout: 90_000 }, async () => {
      const before = state();
      const duration = what === 'a normal end' ? '300ms' : '5s';
      const jumbo = ['-L', 'remote', ...SHORT, '-P', '9000', '--duration', duration];
      const running = workspace.start(['run', file(), ...jumbo]);
      await until(() => applicationRuns('receiver') || running.child.exitCode !== null);
      await end(running);
      await running.ended;
      assert.deepEqual(state(), before);
      await until(() => ownNetworks().length === 0);
      assertNothingLeft();
    });
  }

  for (const what of ['Ctrl-C', 'a kill -9 of vswbench'] as const) {
    it(`gives an uplink back under another name where its own is taken meanwhile: ${what}`, {
      timeout: 90_000,
    }, async () => {
      const before = state();
      const macOf = (name: string) =>
        /link\/ether (\S+)/.exec(within(NEAR, 'ip', 'link', 'show', 'dev', name))?.[1] ?? assert.fail(name);
      const mac = macOf('cable');
      const running = workspace.start(['run', file(), '-L', 'remote', ...SHORT, '--duration', '5s']);
      await until(() => applicationRuns('receiver') || running.child.exitCode !== null);
      within(NEAR, 'ip', 'link', 'add', 'cable', 'type', 'bridge');
      const stranger = macOf('cable');
      try {
        running.child.kill(what === 'Ctrl-C' ? 'SIGINT' : 'SIGKILL');
        const ended = await running.ended;
        const told = what === 'Ctrl-C' ? ended : await workspace.run(['clean']);
        assert.match(
          told.stderr,
          /interface cable is back as cable-vswbench, for another one has its name by now: rename/,
        );
        assert.deepEqual([macOf('cable-vswbench'), macOf('cable')], [mac, stranger]);
        assert.doesNotMatch(within(NEAR, 'ip', 'link', 'show', 'dev', 'cable'), /[<,]UP[,>]/);
        await until(() => ownNetworks().length === 0);
      } finally {
        within(NEAR, 'ip', 'link', 'delete', 'dev', 'cable');
      }
      const cleaned = await workspace.run(['clean']);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assert.deepEqual(state(), before);
      assert.equal(macOf('cable'), mac);
      assertNothingLeft();
    });
  }

  it('whose uplink stays where it is gives it back as it was after a kill -9, though others clean up', {
    timeout: 90_000,
  }, async () => {
    const before = state();
    const jumbo = ['-L', 'remote', ...SHORT, '--host-network', '-P', '9000', '--duration', '5s'];
    const running = workspace.start(['run', file(), ...jumbo]);
    await until(() => applicationRuns('receiver') || running.child.exitCode !== null);
    assert.notDeepEqual(state(), before);
    running.child.kill('SIGKILL');
    await running.ended;
    assert.equal((await workspace.run(['clean'])).code, 0);
    assert.deepEqual(state(), before);
    assertNothingLeft();
  });
});
