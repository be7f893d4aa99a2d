// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../../test/fixtures/host.ts';
import { daemonCaches, fillFigures, pollerCaches, settingIn } from './ovs-caches.ts';

// As Open vSwitch 3.1 answers.
const SETTINGS =
  '{dpdk-extra="--in-memory --no-pci --no-telemetry", dpdk-init="true", dpdk-socket-mem="256", pmd-cpu-mask="0x2"}\n';
const UPCALLS =
  'netdev@ovs-netdev:\n  flows         : (current 3) (avg 3) (max 4) (limit 28000)\n  dump duration : 1ms\n';
const MACS =
  'Statistics for bridge "vswovs0":\n  Current/maximum MAC entries in the table: 2/8192\n  Current static MAC entries in the table : 0\n';

function host(t: TestContext, settings: string): FakeHost {
  return new FakeHost(t)
    .answer(/^ovs-vsctl .* get Open_vSwitch \. other_config$/, { stdout: settings })
    .answer(/upcall\/show$/, { stdout: UPCALLS })
    .answer(/fdb\/stats-show vswovs0$/, { stdout: MACS });
}

describe('caches of a polling thread', () => {
  it('are its exact-match cache, unless it is off, and the signature-match cache where it is on', async (t) => {
    const of = async (settings: string, cpus: number[] = [1]) =>
      (await pollerCaches(switchContext(host(t, settings), { ports: [], cpus }))).map(
        ({ name, entries, note }) => `${name} ${entries}: ${note}`,
      );
    assert.deepEqual(await of(SETTINGS), ['exact-match cache 8192: emc-insert-inv-prob 100']);
    assert.deepEqual(await of(SETTINGS.replace('}', ', emc-insert-inv-prob="1", smc-enable="true"}'), [1, 2]), [
      'exact-match cache 8192: of each polling thread; emc-insert-inv-prob 1',
      'signature-match cache 1048576: of each polling thread; smc-enable',
    ]);
    assert.deepEqual(await of('{emc-insert-inv-prob="0"}'), []);
    assert.deepEqual(await of('{}'), ['exact-match cache 8192: emc-insert-inv-prob 100']);
  });

  it('are set by names that no other one ends with', () => {
    assert.equal(settingIn('{x-smc-enable=true, smc-enable=false}', 'smc-enable'), 'false');
    assert.equal(settingIn('{}', 'smc-enable'), null);
  });
});

describe('tables of the daemon', () => {
  it('are told with their limits and how full they are', async (t) => {
    const context = switchContext(host(t, SETTINGS), { ports: [] });
    const told = await daemonCaches(context, 'vswovs0', 'megaflowHitRatio');
    assert.deepEqual(
      told.map(({ name, entries, of, hitRatio, held }) => [name, entries, of, hitRatio, held]),
      [
        ['megaflow table', 28_000, 'flows', 'megaflowHitRatio', 'megaflows'],
        ['address table', 8192, 'macs', null, 'fdbEntries'],
      ],
    );
    assert.deepEqual(await fillFigures(context, 'vswovs0'), { megaflows: 3, fdbEntries: 2 });
  });

  it('have no figures where the daemon tells none', async (t) => {
    const silent = new FakeHost(t).answer(/upcall\/show$/).answer(/fdb\/stats-show/);
    assert.deepEqual(await fillFigures(switchContext(silent, { ports: [] }), 'vswovs0'), {});
    assert.deepEqual(
      (await daemonCaches(switchContext(silent, { ports: [] }), 'vswovs0', null)).map(({ entries }) => entries),
      [null, null],
    );
  });
});
