// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { TestbedsSchema } from '../model/testbed.ts';
import {
  bootOutcome,
  freePorts,
  type Hardware,
  knownHost,
  type MachineName,
  type MachineSpec,
  parseUsedPorts,
  qemuArguments,
  sshConfig,
  testbed,
} from './machine.ts';

const IMAGE = { kernel: '/i/vmlinux', initrd: '/i/initrd', disk: '/i/disk' };
const HARDWARE: Hardware = { accelerator: 'tcg', cpus: 2, memoryMib: 3072 };

function machine(name: MachineName, part: Partial<MachineSpec> = {}): MachineSpec {
  return { name, sshPort: name === 'a' ? 22220 : 22221, cabled: true, ...part };
}

/** Values of an option that may be given several times. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (args[index - 1] === option ? [arg] : []));
}

describe('the command line of QEMU', () => {
  it('gives a machine a card with virtual functions behind a port of its own, and an IOMMU before it', () => {
    const devices = valuesOf(qemuArguments(machine('a'), HARDWARE, IMAGE), '-device');
    const at = (pattern: RegExp) => devices.findIndex((device) => pattern.test(device));
    assert.ok(at(/^intel-iommu,intremap=on/) < at(/^pcie-root-port,id=slot1/));
    assert.ok(at(/^pcie-root-port,id=slot1/) < at(/^igb,bus=slot1,mac=02:76:73:77:0a:00,romfile=,netdev=cable/));
  });
  it('joins two by a cable, of which the first holds the end', () => {
    const [a = '', b = ''] = (['a', 'b'] as const).map(
      (name) => valuesOf(qemuArguments(machine(name), HARDWARE, IMAGE), '-netdev')[0],
    );
    assert.equal(a, 'stream,id=cable,server=on,addr.type=unix,addr.path=/run/vswbench-lab/cable.sock');
    assert.equal(b, a.replace('server=on', 'server=off'));
  });
  it('has no cable where there is one machine', () => {
    const args = qemuArguments(machine('a', { cabled: false }), HARDWARE, IMAGE).join(' ');
    assert.doesNotMatch(args, /stream|netdev=cable/);
    assert.match(args, / igb,bus=slot1,mac=02:76:73:77:0a:00,romfile= /);
  });
  it('resets a machine that hangs', () => {
    const args = qemuArguments(machine('a'), HARDWARE, IMAGE);
    assert.ok(valuesOf(args, '-device').includes('i6300esb'));
    assert.deepEqual(valuesOf(args, '-action'), ['watchdog=reset']);
  });
  it('lets nobody in but from this host, and nothing out', () => {
    const args = qemuArguments(machine('b'), HARDWARE, IMAGE);
    assert.ok(valuesOf(args, '-netdev').includes('user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:22221-:22'));
  });
  it('writes nothing to the image', () => {
    assert.match(valuesOf(qemuArguments(machine('a'), HARDWARE, IMAGE), '-drive')[0] ?? '', /\/i\/disk.*snapshot=on/);
  });
  it('is one of KVM where that is usable, with an interrupt controller that the IOMMU can remap', () => {
    const args = (accelerator: Hardware['accelerator']) =>
      valuesOf(qemuArguments(machine('a'), { ...HARDWARE, accelerator }, IMAGE), '-accel');
    assert.deepEqual(args('kvm'), ['kvm,kernel-irqchip=split']);
    assert.deepEqual(args('tcg'), ['tcg,thread=multi']);
  });
  it('lets who runs in it know where it is', () => {
    assert.deepEqual(valuesOf(qemuArguments(machine('a'), HARDWARE, IMAGE), '-smbios'), [
      'type=1,manufacturer=vswbench,product=vswbench-lab',
    ]);
  });
});

describe('what the outside is told', () => {
  it('ssh: a name, a port and a key for each machine, and no host key that is not known', () => {
    const text = sshConfig([machine('a'), machine('b')]);
    assert.deepEqual(
      [...text.matchAll(/^(?:Host| {2}Port) (.*)$/gm)].map(([, value]) => value),
      ['vswlab-a', '22220', 'vswlab-b', '22221'],
    );
    assert.equal([...text.matchAll(/^ {2}StrictHostKeyChecking yes$/gm)].length, 2);
  });
  it('ssh: an end for who waits for a machine that does not answer, before and after it is connected', () => {
    const text = sshConfig([machine('a')]);
    const seconds = (key: string) => Number(new RegExp(`^  ${key} (\\d+)$`, 'm').exec(text)?.[1]);
    assert.ok(seconds('ConnectTimeout') <= 30);
    assert.ok(seconds('ServerAliveInterval') * (seconds('ServerAliveCountMax') + 1) <= 20);
  });
  it('known hosts: by port, without the comment of the key', () => {
    assert.equal(
      knownHost(machine('b'), 'ssh-ed25519 AAAAC3Nz a comment\n'),
      '[127.0.0.1]:22221 ssh-ed25519 AAAAC3Nz\n',
    );
  });
  it('a testbed that vswbench reads', () => {
    const { testbeds } = parse(testbed([machine('a'), machine('b')]));
    const { lab } = TestbedsSchema.parse(testbeds);
    assert.deepEqual(lab?.near, {
      host: 'vswlab-a',
      sshConfig: '/run/vswbench-lab/ssh_config',
      uplink: 'cable0',
      pci: '0000:01:00.0',
    });
    assert.equal(lab?.far?.host, 'vswlab-b');
  });
  it('of one machine, a testbed of one host', () => {
    const { lab } = TestbedsSchema.parse(parse(testbed([machine('a', { cabled: false })])).testbeds);
    assert.equal(lab?.far, undefined);
  });
});

describe('ports', () => {
  const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:56CC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 46297 1
   1: 0100007F:56CE 0100007F:8D2A 06 00000000:00000000 03:00000E1C 00000000     0        0 0 3
`;
  const TCP6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
`;
  it('in use are those of the kernel’s tables, whatever their state', () => {
    assert.deepEqual([...parseUsedPorts(TCP)], [22220, 22222]);
    assert.deepEqual([...parseUsedPorts(TCP6)], [22]);
  });
  it('are the lowest that nobody uses', () => {
    assert.deepEqual(freePorts(new Set([22220, 22222]), 2), [22221, 22223]);
    const all = new Set(Array.from({ length: 65_536 }, (_, port) => port));
    assert.deepEqual(freePorts(all, 1), []);
  });
});

describe('what a console says', () => {
  it('of a machine that is up', () => {
    assert.equal(bootOutcome('[    1.2] something\r\nvswbench-lab: ready\r\n'), 'ready');
  });
  it('of one that is on its way', () => {
    assert.equal(bootOutcome(''), null);
    assert.equal(bootOutcome('vswbench-lab: cannot load tun\r\n'), null);
  });
  it('of one that has failed', () => {
    assert.deepEqual(bootOutcome('vswbench-lab: failed: the disk cannot be mounted\r\n'), {
      failed: 'the disk cannot be mounted',
    });
    assert.deepEqual(bootOutcome('[    2.1] Kernel panic - not syncing: No working init found.\r\n'), {
      failed: 'Kernel panic - not syncing: No working init found.',
    });
  });
});
