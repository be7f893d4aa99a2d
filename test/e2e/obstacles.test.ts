// SPDX-License-Identifier: Apache-2.0
// What a host has of its own on an uplink and packets meet there: the outcome names it. The hosts are network namespaces, so that nothing of it is ever on
// an interface of this machine's.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { z } from 'zod';
import { joinByCable, takeApart, writeTestbed } from './cabled.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const [NEAR, FAR] = ['vswt-way-a', 'vswt-way-b'];
const SHORT = ['-L', 'remote', '-R', '2k', '--warmup', '50ms', '--trials', '1', '--duration', '300ms'];

/** Loads a program of BPF that returns a number and pins it (bpf(2)); x86-64 and arm64 have other numbers of the system call. */
const LOAD = `
  my ($type, $result, $path) = @ARGV;
  my $call = qx(uname -m) =~ /^x86/ ? 321 : 280;
  my $address = sub { unpack("Q", pack("P", $_[0])) };
  my $code = pack("CCsl", 0xb7, 0, 0, $result) . pack("CCsl", 0x95, 0, 0, 0);
  my $licence = "GPL\\0";
  my $load = pack("LLQQ", $type, 2, $address->($code), $address->($licence)) . "\\0" x 96;
  my $program = syscall($call, 5, $load, length $load);
  die "cannot load: $!" if $program < 0;
  my $name = "$path\\0";
  my $pin = pack("QLL", $address->($name), $program, 0);
  syscall($call, 6, $pin, length $pin) == 0 or die "cannot pin: $!";`;
const [XDP, XDP_DROP] = ['6', '1'];
const [CLASSIFIER, SHOT] = ['3', '2'];

/** Does something in a namespace with a program of BPF, which is at $1 for as long as that takes. */
function withProgram(namespace: string, [type, result]: readonly [string, string], command: string) {
  const script = `mount -t bpf bpf /mnt && perl -e "$0" ${type} ${result} /mnt/p && nsenter --net=/run/netns/${namespace} -- ${command}`;
  return spawnSync('unshare', ['--mount', 'sh', '-c', script, LOAD], { encoding: 'utf8' });
}

const within = (namespace: string, ...command: string[]) =>
  execFileSync('nsenter', [`--net=/run/netns/${namespace}`, '--', ...command], { encoding: 'utf8' });
const OutcomeSchema = z.looseObject({
  results: z.array(z.looseObject({ outcome: z.string(), reason: z.string().optional() })),
});

suite('what a host has on its uplink', cannotMeasure, () => {
  const { workspace } = suiteWorkspace();
  const file = () => join(workspace.results, 'hosts.yaml');
  before(() => {
    joinByCable([NEAR, FAR]);
    writeTestbed(file(), 'way', [NEAR, FAR]);
  });
  after(() => takeApart([NEAR, FAR]));
  const outcomeOf = async (...more: string[]) => {
    const ended = await workspace.run(['run', file(), '--json', ...SHORT, ...more]);
    const [row] = OutcomeSchema.parse(JSON.parse(ended.stdout)).results;
    return row ?? assert.fail(ended.stderr);
  };
  const OVS = ['-V', 'ovs', '--io', 'dpdk'];
  const BRIDGE = ['-V', 'linux-bridge', '--io', 'udp'];

  it('is named where an XDP program drops what arrives, before the tap of a switch in user space', {
    timeout: 180_000,
  }, async (t) => {
    const put = withProgram(FAR, [XDP, XDP_DROP], 'ip link set dev cable xdpgeneric pinned /mnt/p');
    if (put.status !== 0) return t.skip(`no XDP program to be had: ${put.stderr}`);
    try {
      const { outcome, reason = '' } = await outcomeOf(...OVS);
      assert.equal(outcome, 'failed');
      assert.match(
        reason,
        new RegExp(`uplink cable of netns:${FAR} has an XDP program \\('ip link set dev cable xdp off'\\)`),
      );
      assert.doesNotMatch(reason, new RegExp(NEAR));
      assert.match(within(FAR, 'ip', 'link', 'show', 'dev', 'cable'), / xdpgeneric /);
    } finally {
      within(FAR, 'ip', 'link', 'set', 'dev', 'cable', 'xdpgeneric', 'off');
    }
  });

  it('is named where filters drop it in the host’s own network, refused where it would be lost, and passed by in user space', {
    timeout: 180_000,
    skip: spawnSync('nft', ['--version']).status === 0 ? false : 'needs nft',
  }, async (t) => {
    within(FAR, 'tc', 'qdisc', 'add', 'dev', 'cable', 'clsact');
    try {
      const put = withProgram(
        FAR,
        [CLASSIFIER, SHOT],
        'tc filter add dev cable ingress bpf direct-action pinned /mnt/p',
      );
      if (put.status !== 0) return t.skip(`no tc filter to be had: ${put.stderr}`);
      within(FAR, 'nft', 'add', 'table', 'netdev', 'vswcase');
      const chain = '{ type filter hook ingress device cable priority 0; policy drop; }';
      within(FAR, 'nft', 'add', 'chain', 'netdev', 'vswcase', 'c', chain);
      assert.equal((await outcomeOf(...OVS)).outcome, 'measured');
      // What a switch in user space has set on the host's own interface goes with it.
      assert.doesNotMatch(within(FAR, 'ip', 'link', 'show', 'dev', 'cable'), /PROMISC/);
      const refused = await outcomeOf(...BRIDGE);
      assert.match(refused.reason ?? '', /has tc filters on ingress, which would be lost: .*--host-network/);
      assert.match(within(FAR, 'tc', 'filter', 'show', 'dev', 'cable', 'ingress'), / bpf /);
      const { outcome, reason = '' } = await outcomeOf(...BRIDGE, '--host-network');
      assert.equal(outcome, 'failed');
      assert.match(reason, new RegExp(`netns:${FAR} has rules that drop packets: nft netdev vswcase c: policy drop`));
      assert.match(reason, new RegExp(`uplink cable of netns:${FAR} has tc filters on ingress`));
    } finally {
      within(FAR, 'tc', 'qdisc', 'delete', 'dev', 'cable', 'clsact');
      spawnSync('nsenter', [`--net=/run/netns/${FAR}`, '--', 'nft', 'delete', 'table', 'netdev', 'vswcase']);
    }
  });
});
