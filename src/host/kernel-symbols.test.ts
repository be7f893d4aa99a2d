// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { kernelHas } from './kernel-symbols.ts';

it('tells of each function whether the kernel has it, by one look for all that are asked side by side', async (t) => {
  const host = new FakeHost(t).hasSymbols('br_add_bridge', 'nft_do_chain_bridge');
  const asked = ['br_add_bridge', 'nft_do_chain', 'nft_do_chain_bridge'].map((symbol) => kernelHas(host, symbol));
  assert.deepEqual(await Promise.all(asked), [true, false, true]);
  assert.equal(host.commands.length, 1);
});

it('looks again for who asks later: a module may have been loaded meanwhile', async (t) => {
  const host = new FakeHost(t).hasSymbols();
  assert.equal(await kernelHas(host, 'vxlan_xmit'), false);
  host.hasSymbols('vxlan_xmit');
  assert.equal(await kernelHas(host, 'vxlan_xmit'), true);
});

it('does not know where the kernel does not tell', async (t) => {
  const host = new FakeHost(t).answer(/^grep /, { exitCode: 2, stderr: 'grep: /proc/kallsyms: No such file' });
  assert.equal(await kernelHas(host, 'vxlan_xmit'), null);
});
