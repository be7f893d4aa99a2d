// SPDX-License-Identifier: Apache-2.0
// Rules of real packet filters, in network namespaces of their own: what is found is what was put there.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { cannotMeasure, root, suite } from './machine.ts';

const BridgedRulesSchema = z.strictObject({
  rules: z.array(z.strictObject({ where: z.string(), text: z.string(), drops: z.boolean() })),
  unreadable: z.array(z.string()),
});

/** What is found in a namespace after some commands; `interfaces` are asked for as well. */
function found(commands: readonly string[], interfaces: readonly string[] = []): z.infer<typeof BridgedRulesSchema> {
  const look = `
    import { readBridgedRules } from ${JSON.stringify(join(root, 'src/host/firewall.ts'))};
    import { localHost } from ${JSON.stringify(join(root, 'src/host/local.ts'))};
    process.stdout.write(JSON.stringify(await readBridgedRules(localHost, ${JSON.stringify(interfaces)})));`;
  const script = [...commands, 'exec "$NODE" --input-type=module --eval "$LOOK"'].join('\n');
  const environment = { ...process.env, NODE: process.execPath, LOOK: look };
  const printed = execFileSync('unshare', ['--net', 'sh', '-euc', script], { env: environment, encoding: 'utf8' });
  return BridgedRulesSchema.parse(JSON.parse(printed));
}

/** Whether a command succeeds in a namespace of its own. */
const can = (command: string) => spawnSync('unshare', ['--net', 'sh', '-euc', command]).status === 0;

const BRIDGE_TABLE =
  "nft 'table bridge t { chain f { type filter hook forward priority 0; policy drop; ether type ip accept; }; chain i { type filter hook input priority 0; policy drop; }; }'";
const seesIp = (value: 0 | 1) => `echo ${value} >/proc/sys/net/bridge/bridge-nf-call-iptables`;

suite(
  'rules of nftables',
  cannotMeasure || (can(BRIDGE_TABLE) ? false : 'needs nft, and a kernel with its family bridge'),
  () => {
    it('are none in a namespace without any', () => {
      assert.deepEqual(found([]), { rules: [], unreadable: [] });
    });

    it('of family bridge are found with their policy, and those of input are not in the way', () => {
      assert.deepEqual(found([BRIDGE_TABLE]).rules, [
        { where: 'nft bridge t f', text: 'policy drop', drops: true },
        { where: 'nft bridge t f', text: 'ether type ip accept', drops: false },
      ]);
    });

    const isKnob = can(seesIp(1));
    it('of family inet are found where bridged packets pass them, and only there', {
      skip: !isKnob && 'needs br_netfilter',
    }, () => {
      const table = "nft 'table inet t { chain f { type filter hook forward priority 10; policy drop; }; }'";
      assert.deepEqual(found([table, seesIp(1)]).rules, [{ where: 'nft inet t f', text: 'policy drop', drops: true }]);
      assert.deepEqual(found([table, seesIp(0)]).rules, []);
    });

    it('of an interface are found where that is asked for', () => {
      const table =
        'nft \'table netdev t { chain c { type filter hook ingress device "lo" priority 0; policy drop; }; }\'';
      assert.deepEqual(found([table], ['lo']).rules, [{ where: 'nft netdev t c', text: 'policy drop', drops: true }]);
      assert.deepEqual(found([table]).rules, []);
    });
  },
);

for (const { program, rule, where } of [
  { program: 'iptables-legacy', rule: '-A FORWARD -i eth0 -j DROP', where: 'iptables filter FORWARD' },
  { program: 'iptables-nft', rule: '-A FORWARD -i eth0 -j DROP', where: 'nft ip filter FORWARD' },
  { program: 'ebtables-nft', rule: '-A FORWARD -s 02:00:00:00:00:02 -j DROP', where: 'nft bridge filter FORWARD' },
]) {
  const command = `${program} ${rule}`;
  suite(`rules of ${program}`, cannotMeasure || (can(`${command}; ${seesIp(1)}`) ? false : `needs ${program}`), () => {
    it('are found', () => {
      const { rules } = found([command, seesIp(1)]);
      assert.deepEqual(
        rules.map((known) => [known.where, known.drops]),
        [[where, true]],
      );
    });
  });
}
