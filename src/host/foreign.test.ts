// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NFT_RULESET } from '../../test/fixtures/filter-answers.ts';
import { FakeHost } from '../../test/fixtures/host.ts';
import { foreignOf } from './foreign.ts';

const SEES_IP = { '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n' };
const CARD = { '/sys/class/net/eth0/device/uevent': 'DRIVER=igb\n', '/sys/class/net/lo/operstate': 'unknown\n' };

/** A host on which nobody else does anything. */
function quiet(t: TestContext): FakeHost {
  return new FakeHost(t)
    .hasSymbols()
    .answer(/^pgrep /, { exitCode: 1 })
    .answer(/^ip -details -json link$/, { stdout: '[{"ifname":"eth0"}]' })
    .answer(/^tc -json qdisc show$/, { stdout: '[{"kind":"mq","dev":"eth0"},{"kind":"fq_codel","dev":"eth0"}]' });
}

async function texts(host: FakeHost): Promise<string[]> {
  return (await foreignOf(host)).map(({ subject, text }) => `${subject}: ${text}`);
}

describe('foreignOf', () => {
  it('finds nothing where nothing is, and where nothing is told', async (t) => {
    assert.deepEqual(await texts(quiet(t).put(CARD)), []);
    const mute = new FakeHost(t).answer(/./, { exitCode: 1 }).put(CARD);
    assert.deepEqual(await texts(mute), []);
  });

  it('tells that bridged packets pass the filters of IP, with the mend', async (t) => {
    const [found] = await foreignOf(quiet(t).put(SEES_IP));
    assert.match(found?.text ?? '', /slows/);
    assert.match(found?.mend ?? '', /bridge-nf-call-iptables=0/);
  });

  it('names rules that drop before others, and no more than three', async (t) => {
    const host = quiet(t)
      .put(SEES_IP)
      .hasSymbols('nft_do_chain')
      .answer(/^nft --json/, { stdout: NFT_RULESET })
      .answer(/^nft list chain/);
    const [found] = await texts(host);
    assert.match(
      found ?? '',
      /meet \d+ rules, 8 of which may drop them \(nft bridge b c: policy drop; [^;]+; [^;]+; …\)$/,
    );
  });

  it('has one rule in the singular', async (t) => {
    const chain = '{"chain": {"family": "bridge", "table": "t", "name": "c", "hook": "forward", "policy": "drop"}}';
    const host = quiet(t)
      .hasSymbols('nft_do_chain')
      .answer(/^nft --json/, { stdout: `{"nftables": [${chain}]}` });
    assert.match((await texts(host)).join(), / meet 1 rule, 1 of which may drop them \(nft bridge t c: policy drop\)$/);
  });

  it('says of whom nobody can tell the rules', async (t) => {
    const host = quiet(t)
      .hasSymbols('nft_do_chain')
      .answer(/^nft --json/, { exitCode: null })
      .answer(/^ebtables-nft-save$/, { exitCode: null });
    assert.match((await texts(host)).join(), /rules that cannot be told: nftables: there is no program nft/);
  });

  it('tells of an XDP program, of tc filters and of shaping on a network card, and of no other interface', async (t) => {
    const host = quiet(t)
      .put(CARD)
      .answer(/^ip -details -json link$/, {
        stdout: '[{"ifname":"eth0","xdp":{"mode":1}},{"ifname":"lo","xdp":{"mode":2}}]',
      })
      .answer(/^tc -json qdisc show$/, {
        stdout: '[{"kind":"clsact","dev":"eth0"},{"kind":"tbf","dev":"eth0"},{"kind":"tbf","dev":"lo"}]',
      })
      .answer(/^tc -json filter show dev eth0 ingress$/, { stdout: '[{"protocol":"all"}]\n' })
      .answer(/^tc -json filter show dev eth0 egress$/, { stdout: '[]\n' });
    assert.deepEqual(await texts(host), [
      'network card: eth0 has an XDP program: as an uplink, whatever arrives there meets it before any switch',
      'network card: eth0 has tc filters on ingress, queue tbf: as an uplink, a switch of the kernel meets them with --host-network and is refused without, as they would be lost; ovs and vpp pass them by',
    ]);
  });

  it('tells of them on an uplink that is no card, with the rules that it has for itself', async (t) => {
    const at = '"family": "netdev", "table": "t", "name": "c", "hook": "ingress", "policy": "drop", "dev": "bond0"';
    const host = quiet(t)
      .put({ '/sys/class/net/bond0/operstate': 'up\n' })
      .hasSymbols('nft_do_chain')
      .answer(/^nft --json/, { stdout: `{"nftables": [{"chain": {${at}}}]}` })
      .answer(/^ip -details -json link$/, { stdout: '[{"ifname":"bond0","xdp":{"mode":2}}]' });
    assert.deepEqual(await texts(host), []);
    const found = (await foreignOf(host, ['bond0'])).map(({ subject, text }) => `${subject}: ${text}`);
    assert.match(found[0] ?? '', /meet 1 rule, 1 of which may drop them \(nft netdev t c: policy drop\)$/);
    assert.match(found[1] ?? '', /^uplink: bond0 has an XDP program/);
  });

  it('takes the queue for plain that the host gives every interface', async (t) => {
    const host = quiet(t)
      .put({ ...CARD, '/proc/sys/net/core/default_qdisc': 'cake\n' })
      .answer(/^tc -json qdisc show$/, { stdout: '[{"kind":"cake","dev":"eth0"}]' });
    assert.deepEqual(await texts(host), []);
  });

  it('is not misled by answers that are none', async (t) => {
    const host = quiet(t)
      .put(CARD)
      .answer(/^(ip|tc) /, { stdout: 'Usage: …' });
    assert.deepEqual(await texts(host), []);
  });

  it('names managers by their processes, and what ifupdown does by its file', async (t) => {
    const host = quiet(t)
      .answer(/^pgrep --list-name --exact /, { stdout: '812 NetworkManager\n840 systemd-network\n' })
      .put({ '/etc/network/interfaces': '# a comment\nauto lo\nallow-hotplug eth1 eth2\n' });
    assert.deepEqual(
      (await texts(host)).map((text) => /^network manager: (\S+)/.exec(text)?.[1]),
      ['NetworkManager', 'systemd-networkd', 'ifupdown'],
    );
  });

  it('tells of an AppArmor profile that confines vswbench, and of an enforcing SELinux', async (t) => {
    const confined = quiet(t).put({ '/proc/100/attr/current': 'docker-default (enforce)\n' });
    assert.match(
      (await texts(confined)).join(),
      /^AppArmor: vswbench runs under the profile docker-default \(enforce\)/,
    );
    for (const free of ['unconfined\n', 'docker-default (complain)\n', 'system_u:system_r:init_t:s0\0']) {
      assert.deepEqual(await texts(quiet(t).put({ '/proc/100/attr/current': free })), [], free);
    }
    assert.match((await texts(quiet(t).put({ '/sys/fs/selinux/enforce': '1' }))).join(), /^SELinux: enforcing/);
    assert.deepEqual(await texts(quiet(t).put({ '/sys/fs/selinux/enforce': '0' })), []);
  });
});
