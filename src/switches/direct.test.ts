// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { direct } from './direct.ts';

const PORTS = [0, 1].flatMap((pair) => (['source', 'sink'] as const).map((end) => ({ pair, end })));

function machine(t: TestContext, links = '[]'): FakeHost {
  const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: links });
  return host.answer(/^ip -batch -$/, (_, input) => {
    host.events.push(`ip ${input.trim()}`);
    return {};
  });
}

function start(host: FakeHost, ports = PORTS) {
  return direct.start(switchContext(host, { ports }));
}

function steps(host: FakeHost): string[] {
  return host.events.filter((event) => /^(undo|ip) /.test(event));
}

describe('direct', () => {
  it('cables the ends of each pair, and registers the undo before', async (t) => {
    const host = machine(t);
    const { ports } = await start(host);
    assert.deepEqual(
      steps(host),
      [0, 1].flatMap((pair) => [
        `undo delete-link vswc${pair}source`,
        `ip link add vswc${pair}source type veth peer name vswc${pair}sink`,
      ]),
    );
    assert.equal(ports.length, 4);
  });
  it('touches nothing where an interface of ours is somebody else’s', async (t) => {
    const host = machine(t, '[{"ifname":"vswc1sink","operstate":"UP"}]');
    await assert.rejects(start(host), HostError);
    assert.deepEqual(steps(host), []);
  });
  it('has no counters, no threads and no ill health of its own', async (t) => {
    const running = await start(machine(t));
    assert.equal(running.counters(), null);
    assert.deepEqual(await running.threads(), []);
    assert.equal(await running.health(), null);
  });
  it('refuses half a pair', async (t) => {
    await assert.rejects(start(machine(t), [{ pair: 0, end: 'source' }]), RangeError);
  });
  it('is always there', async (t) => {
    const host = new FakeHost(t).put({ '/proc/sys/kernel/osrelease': '6.1.0\n' });
    assert.deepEqual(await direct.probe(host), { available: true, version: 'Linux 6.1.0' });
  });
});
