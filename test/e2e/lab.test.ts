// SPDX-License-Identifier: Apache-2.0
// The virtual lab as a user has it: up, a shell, a cable, virtual functions, and nothing left. The longest of the suite: a minute where
// its image is there, three where it is not. VSWBENCH_TEST_LAB=skip leaves it out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { after, before, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { documentOf } from './document.ts';
import { cannotMeasure, outcomesOf, type Running, suite, traces, until, Workspace } from './machine.ts';

const LAB = '/run/vswbench-lab';
const GIGABYTE = 1e9;

function whyNot(): string | false {
  if (process.env.VSWBENCH_TEST_LAB === 'skip') return 'left out by VSWBENCH_TEST_LAB=skip';
  if (cannotMeasure !== false) return cannotMeasure;
  if (process.arch !== 'x64') return 'the lab needs an x86-64 machine';
  if (freemem() < 3 * GIGABYTE) return 'the lab needs 3 GB of free memory';
  if (existsSync(LAB)) return 'a lab is up, which is not ours to take down: vswbench lab down';
  const has = (program: string) => spawnSync('which', [program]).status === 0;
  if (!has('apt-get')) return 'there is no apt-get to build the lab with';
  return false;
}

const StatusSchema = z.looseObject({
  state: z.string(),
  machines: z.array(
    z.looseObject({
      ...{ host: z.string(), running: z.boolean(), answers: z.boolean() },
      ...{ sshPort: z.int(), pid: z.int().nullable() },
    }),
  ),
});

/** Process ids that bear the lab's mark. */
function labProcesses(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`VSWBENCH_MARK=${LAB}\0`);
    } catch {
      return false;
    }
  });
}

/** Whether somebody listens on a TCP port of this machine. */
function listens(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => line.includes(local) && / 0A /.test(line));
}

/** What a campaign may change of a machine: its card, as far as ip and tc tell, knobs, and what is in its folders of state. */
async function stateOf(lab: (...args: string[]) => Promise<{ stdout: string }>, machine: string): Promise<string> {
  const knobs = [
    '/proc/irq/default_smp_affinity /proc/irq/[0-9]*/smp_affinity_list /sys/devices/virtual/workqueue/cpumask',
    '/proc/sys/kernel/timer_migration /sys/kernel/mm/transparent_hugepage/enabled /proc/sys/vm/nr_hugepages',
    '/proc/sys/net/ipv?/conf/cable0/* /sys/class/net/cable0/queues/rx-*/rps_cpus',
  ].join(' ');
  const look = [
    'ip -json -details address show dev cable0',
    'tc -json qdisc show dev cable0',
    `grep -s "" ${knobs}`,
    // iproute2's own folder stays.
    'echo $(ls /run/netns) $(ls /run) $(ls /sys/class/net)',
  ];
  const { stdout } = await lab('ssh', machine, look.join('; '));
  // These are of the moment, or a number that a new boot or a new namespace gives.
  return stdout.replaceAll(/"(ifindex|handle)":("[^"]*"|\d+),?/g, '').replace(/ netns(?= )/, '');
}

const UplinksSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      trials: z.array(
        z.looseObject({
          outcome: z.string(),
          lostPackets: z.int().optional(),
          uplink: z.looseObject({ foreignPackets: z.int() }).nullish(),
        }),
      ),
    }),
  ),
});

/** Why the long ones are left out. */
const withoutLong = process.env.VSWBENCH_LAB === 'all' ? false : 'takes more than a minute: VSWBENCH_LAB=all runs it';

suite(
  'the virtual lab',
  whyNot(),
  () => {
    const workspace = new Workspace();
    const lab = (...args: string[]) => workspace.run(['lab', ...args]);
    let tracesBefore: string[];
    /** Why the lab cannot be had here, which only trying tells. */
    let unavailable: string | null = null;

    const status = async () => StatusSchema.parse(JSON.parse((await lab('status', '--json')).stdout));
    const skipped = (t: TestContext): boolean => {
      if (unavailable !== null) t.skip(unavailable);
      return unavailable !== null;
    };

    /** Each of the two emulated machines has a CPU of ours to itself. */
    const onBoth = <T>(step: (machine: string) => Promise<T>) => Promise.all(['a', 'b'].map(step));

    before(async () => {
      tracesBefore = traces();
      const { code, stderr } = await lab('up', '--yes');
      if (/cannot be had/.test(stderr)) unavailable = stderr.trim().split('\n').at(-1) ?? '';
      else assert.equal(code, 0, stderr);
    });
    after(async () => {
      await lab('down');
      await workspace.end();
    });

    it('runs two machines, and says so', async (t) => {
      if (skipped(t)) return;
      const { state, machines } = await status();
      assert.equal(state, 'up');
      assert.deepEqual(
        machines.map(({ host, running }) => [host, running]),
        [
          ['vswlab-a', true],
          ['vswlab-b', true],
        ],
      );
      const testbeds = readFileSync(`${LAB}/testbed.yaml`, 'utf8');
      assert.match(testbeds, /near:\n +host: vswlab-a\n(?:.*\n)* +far:\n +host: vswlab-b\n/);
    });

    it('gives a shell in each, with the exit code of what ran there', async (t) => {
      if (skipped(t)) return;
      assert.deepEqual(
        [(await lab('ssh', 'hostname')).stdout, (await lab('ssh', 'b', 'hostname')).stdout],
        ['vswlab-a\n', 'vswlab-b\n'],
      );
      assert.equal((await lab('ssh', 'a', 'exit 7')).code, 7);
      assert.equal((await lab('ssh', 'a', 'cat /sys/class/dmi/id/product_name')).stdout, 'vswbench-lab\n');
    });

    it('joins them by a cable', async (t) => {
      if (skipped(t)) return;
      const added = await onBoth((machine) =>
        lab('ssh', machine, `ip address add ${machine === 'a' ? '10.9.9.1/24' : '10.9.9.2/24'} dev cable0`),
      );
      assert.deepEqual(
        added.map(({ code }) => code),
        [0, 0],
      );
      const pinged = await lab('ssh', 'a', 'ping -c 3 -i 0.2 10.9.9.2');
      assert.equal(pinged.code, 0, pinged.stdout);
      await onBoth((machine) => lab('ssh', machine, 'ip address flush dev cable0'));
    });

    it('has a card that makes virtual functions, a kernel module for Open vSwitch, and the drivers of DPDK', async (t) => {
      if (skipped(t)) return;
      const functions = '/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs';
      const made = await lab(
        'ssh',
        'a',
        `echo 2 > ${functions}; ls -d /sys/bus/pci/devices/0000:01:1*; echo 0 > ${functions}`,
      );
      assert.equal(made.stdout.trim().split('\n').length, 2, made.stderr);
      assert.equal(
        (await lab('ssh', 'a', 'modprobe vfio-pci && modprobe openvswitch && lxc-execute --version')).code,
        0,
      );
    });

    it('measures switches that this machine has no hardware or kernel for, over one machine and over two', {
      timeout: 300_000,
    }, async (t) => {
      if (skipped(t)) return;
      const ended = await workspace.run([
        ...['run', '--json', '--testbed', 'lab', '-V', 'ovs-kernel,sriov', '-L', 'local,remote', '--io', 'udp,dpdk'],
        ...['-R', '500', '-B', '8', '--duration', '500ms', '--warmup', '100ms', '--trials', '1'],
      ]);
      const rows = documentOf(ended).results.filter(({ outcome }) => outcome !== 'skipped');
      assert.deepEqual(
        rows.map((row) => [row.case.switch, row.case.location, row.outcome]).sort(),
        [
          ['ovs-kernel', 'local', 'measured'],
          ['ovs-kernel', 'remote', 'measured'],
          ['sriov', 'local', 'measured'],
          ['sriov', 'remote', 'measured'],
        ],
        ended.stderr,
      );
      for (const row of rows) assert.ok((row.trials[0]?.receivedPackets ?? 0) > 0, row.case.switch);
      const look = 'cat /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs; ip netns; ls /run/vswbench';
      const found = await onBoth((machine) => lab('ssh', machine, look));
      assert.deepEqual(
        found.map(({ stdout }) => stdout),
        ['0\n', '0\n'],
      );
    });

    it('carries no packet of a trial into the next one, where a card is slower than a switch', {
      timeout: 300_000,
      skip: withoutLong,
    }, async (t) => {
      if (skipped(t)) return;
      const ended = await workspace.run([
        ...['run', '--json', '--testbed', 'lab', '-V', 'ovs', '-L', 'remote', '--io', 'dpdk', '--duration', '500ms'],
        // Above what the card does, and not so far that nothing of a window comes through.
        ...['--warmup', '100ms', '--trials', '3', '-R', '30k', '-B', '8'],
      ]);
      // An emulated CPU may be kept from its work for a whole window, which is a failed trial.
      assert.ok(ended.code === 0 || ended.code === 1, ended.stderr);
      const trials = UplinksSchema.parse(JSON.parse(ended.stdout)).results.flatMap((row) => row.trials);
      const measured = trials.filter(({ outcome }) => outcome === 'measured');
      assert.ok(measured.length >= 2, ended.stderr);
      for (const { lostPackets, uplink } of measured) {
        assert.ok((lostPackets ?? 0) > 0, 'the emulated card is slower than memory');
        assert.equal(uplink?.foreignPackets, 0);
      }
    });

    /** Waits, by one login, until a traffic application runs in machine b; fails where its vswbench ends before. */
    const measuring = async ({ ended }: Running) => {
      const seen = lab('ssh', 'b', 'timeout 250 sh -c "until pgrep vswload; do sleep 0.2; done"');
      const whyNot = await Promise.race([
        seen.then(({ code, stderr }) => (code === 0 ? null : stderr)),
        ended.then(({ stderr }) => `it has ended: ${stderr}`),
      ]);
      assert.equal(whyNot, null);
    };
    const jumbo = [
      ...[
        'run',
        '--json',
        '--testbed',
        'lab',
        '-L',
        'remote',
        '-V',
        'linux-bridge',
        '--io',
        'udp',
        '-P',
        '9000',
        '-R',
        '200',
      ],
      ...['-B', '1', '--warmup', '100ms', '--tune', 'all'],
    ];

    it('has its cards and knobs as they were, also their queues, after a tuned run was killed', {
      timeout: 300_000,
    }, async (t) => {
      if (skipped(t)) return;
      const prepare =
        'ip link property add dev cable0 altname lab-cable; echo 2 > /proc/sys/net/ipv4/conf/cable0/arp_ignore';
      await onBoth((machine) => lab('ssh', machine, prepare));
      const found = await onBoth((machine) => stateOf(lab, machine));
      assert.match(found[0] ?? '', /lab-cable/);
      const running = workspace.start([...jumbo, '--trials', '1', '--duration', '60s']);
      await measuring(running);
      const turned = await stateOf(lab, 'b');
      assert.match(turned, /timer_migration:0/);
      assert.doesNotMatch(turned, /"cable0"/);
      running.child.kill('SIGKILL');
      await running.ended;
      const cleaned = await onBoth((machine) =>
        workspace.run(['clean', '--host', `vswlab-${machine}`, '--ssh-config', `${LAB}/ssh_config`]),
      );
      for (const { code, stderr } of cleaned) assert.equal(code, 0, stderr);
      assert.deepEqual(await onBoth((machine) => stateOf(lab, machine)), found);
    });

    it('goes on where a machine reboots in the middle of a tuned run: it is tuned again, and nothing differs afterwards', {
      timeout: 300_000,
      skip: withoutLong,
    }, async (t) => {
      if (skipped(t)) return;
      const forget =
        'ip link property del dev cable0 altname lab-cable; echo 0 > /proc/sys/net/ipv4/conf/cable0/arp_ignore';
      await onBoth((machine) => lab('ssh', machine, forget));
      const found = await onBoth((machine) => stateOf(lab, machine));
      const running = workspace.start([...jumbo, '--trials', '2', '--duration', '12s', '--seed', '1']);
      await measuring(running);
      await lab('ssh', 'b', 'reboot');
      await running.sees(/^Host vswlab-b is back, and clean\.$/);
      await measuring(running);
      assert.match(await stateOf(lab, 'b'), /timer_migration:0/);
      const ended = await running.ended;
      assert.deepEqual(outcomesOf(ended.stdout), ['failed', 'measured'], ended.stderr);
      // What a lab machine's kernel does not have is told and fails nothing.
      assert.match(
        (await workspace.run(['show'])).stdout,
        /^Tuning: not to be had here: governor, turbo and c-states/m,
      );
      assert.deepEqual(await onBoth((machine) => stateOf(lab, machine)), found);
    });

    it('is not started twice', async (t) => {
      if (skipped(t)) return;
      const again = await lab('up');
      assert.equal(again.code, 0);
      assert.match(again.stderr, /is up already/);
      const other = await lab('up', '--machines', '1');
      assert.equal(other.code, 3);
      assert.match(other.stderr, /^vswbench: a lab of 2 machines is up: .*lab down/m);
    });

    it('is left alone by clean as long as it is whole', async (t) => {
      if (skipped(t)) return;
      assert.equal((await workspace.run(['clean'])).code, 0);
      assert.equal((await status()).state, 'up');
    });

    it('survives a reboot of a machine', { timeout: 300_000 }, async (t) => {
      if (skipped(t)) return;
      const ready = () => readFileSync(`${LAB}/b.log`, 'utf8').split('vswbench-lab: ready').length;
      const times = ready();
      await lab('ssh', 'b', 'reboot');
      await until(() => ready() > times);
      assert.equal((await lab('ssh', 'b', 'hostname')).stdout, 'vswlab-b\n');
    });

    it('tells a machine that hangs, and keeps nobody waiting for it', { timeout: 120_000 }, async (t) => {
      if (skipped(t)) return;
      const pid = (await status()).machines.find(({ host }) => host === 'vswlab-b')?.pid ?? 0;
      assert.ok(pid > 0);
      const connected = workspace.start(['lab', 'ssh', 'b', 'echo connected >&2; sleep infinity']);
      await connected.sees(/^connected$/);
      process.kill(pid, 'SIGSTOP');
      try {
        const [found, called, cut] = await Promise.all([
          lab('status', '--json'),
          lab('ssh', 'b', 'hostname'),
          connected.ended,
        ]);
        const { state, machines } = StatusSchema.parse(JSON.parse(found.stdout));
        assert.equal(found.code, 3);
        assert.equal(state, 'broken');
        assert.deepEqual(
          machines.map(({ running, answers }) => [running, answers]),
          [
            [true, true],
            [true, false],
          ],
        );
        assert.equal(called.code, 3);
        assert.match(called.stderr, /^vswbench: machine vswlab-b has not answered in 15 s: .*$/);
        assert.equal(cut.code, 255);
        assert.match(cut.stderr, /Timeout, server 127\.0\.0\.1 not responding/);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await until(async () => (await status()).state === 'up');
    });

    it('resets a machine of which nothing has been heard for long', {
      timeout: 300_000,
      skip: withoutLong,
    }, async (t) => {
      if (skipped(t)) return;
      const ready = () => readFileSync(`${LAB}/b.log`, 'utf8').split('vswbench-lab: ready').length;
      const times = ready();
      // As where its card for SSH has died: it lives, and nobody gets in.
      await lab('ssh', 'b', '(sleep 1; ip link set management down) > /dev/null 2>&1 &');
      await until(() => ready() > times);
      assert.equal((await lab('ssh', 'b', 'hostname')).stdout, 'vswlab-b\n');
    });

    it('is broken when a machine was switched off, and then down leaves nothing', async (t) => {
      if (skipped(t)) return;
      const { machines } = await status();
      await lab('ssh', 'b', 'poweroff');
      await until(() => labProcesses().length === 1);
      const broken = await lab('status', '--json');
      assert.equal(broken.code, 3);
      assert.equal(StatusSchema.parse(JSON.parse(broken.stdout)).state, 'broken');
      assert.equal((await lab('down')).code, 0);
      assert.deepEqual(labProcesses(), []);
      assert.deepEqual(
        machines.filter(({ sshPort }) => listens(sshPort)),
        [],
      );
      assert.equal(existsSync(LAB), false);
      assert.deepEqual(traces(), tracesBefore);
      assert.equal((await lab('status')).code, 3);
      assert.match((await lab('down')).stderr, /There was no lab/);
    });

    it('whose start is killed is taken away by clean', async (t) => {
      if (skipped(t)) return;
      const starting = workspace.start(['lab', 'up', '--machines', '1']);
      await starting.sees(/^Starting the machine/);
      await until(() => labProcesses().length > 0);
      starting.child.kill('SIGKILL');
      await starting.ended;
      const cleaned = await workspace.run(['clean']);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assert.match(cleaned.stderr, /Took down a lab/);
      assert.deepEqual(labProcesses(), []);
      assert.equal(existsSync(LAB), false);
    });

    it('whose start is stopped takes itself away', async (t) => {
      if (skipped(t)) return;
      const starting = workspace.start(['lab', 'up', '--machines', '1']);
      await starting.sees(/^Starting the machine/);
      starting.child.kill('SIGINT');
      const ended = await starting.ended;
      assert.equal(ended.code, 130, ended.stderr);
      assert.deepEqual(labProcesses(), []);
      assert.equal(existsSync(LAB), false);
    });
  },
  { timeout: 900_000 },
);
