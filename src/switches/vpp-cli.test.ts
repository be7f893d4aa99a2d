// SPDX-License-Identifier: Apache-2.0
// What VPP answers, as 26.06 does, and as no VPP ever did. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as answers from '../../test/fixtures/vpp-answers.ts';
import { HostError } from '../host/host.ts';
import {
  fibFigures,
  fibOf,
  parseErrors,
  parseForwarding,
  parseInterfaces,
  parseLinks,
  parseMembers,
  parsePlacement,
  parseRuntime,
  parseVersion,
} from './vpp-cli.ts';

describe('what VPP answers', () => {
  it('of its version', () => {
    const version = parseVersion('vpp v26.06-release built by root on vm at 2026-11-25T22:39:48\n');
    assert.deepEqual(version, { text: '26.06-release', year: 26, month: 6 });
    assert.equal(parseVersion('vpp: error while loading shared libraries'), null);
  });

  it('of its interfaces: counters by name, and none for one that has none yet', () => {
    const table = parseInterfaces(answers.INTERFACES);
    assert.deepEqual([...table.keys()], ['VirtualEthernet0/0/0', 'VirtualEthernet0/0/1', 'local0']);
    assert.deepEqual(Object.fromEntries(table.get('VirtualEthernet0/0/1') ?? []), {
      'rx packets': 1n,
      'rx bytes': 60n,
      'tx packets': 7836737n,
      'tx bytes': 501551164n,
      drops: 2343810n,
    });
    assert.equal(table.get('local0')?.size, 0);
    assert.equal(parseInterfaces(answers.UPLINK_INTERFACES).get('host-up0')?.get('tx packets'), 2955n);
  });

  it('of its interfaces: to the last digit of what no number holds', () => {
    const table = parseInterfaces(answers.INTERFACES.replaceAll(/ {9}7836737/g, '9007199254740993'));
    assert.equal(table.get('VirtualEthernet0/0/1')?.get('tx packets'), 9_007_199_254_740_993n);
  });

  it('of what its nodes counted, each reason once for all threads', () => {
    const found = parseErrors(answers.ERRORS);
    assert.equal(found.length, 8);
    assert.deepEqual(found.at(-1), {
      node: 'VirtualEthernet0/0/1-tx',
      reason: 'tx packet drops (no available descr',
      count: 2347457n,
    });
    const row = '         5             memif1/0-tx                 no free tx slots               error   \r\n';
    assert.deepEqual(parseErrors(`   Count   Node   Reason   Severity \r\n${row}${row}`), [
      { node: 'memif1/0-tx', reason: 'no free tx slots', count: 10n },
    ]);
    assert.deepEqual(parseErrors('   Count   Node   Reason   Severity \r\n'), []);
  });

  it('of links', () => {
    assert.deepEqual(Object.fromEntries(parseLinks(answers.UPLINK_LINKS)), {
      'VirtualEthernet0/0/0': true,
      'host-up0': true,
      local0: false,
    });
  });

  it('of the addresses that it knows, or that it knows none', () => {
    assert.deepEqual(Object.fromEntries(parseForwarding(answers.UPLINK_FORWARDING)), {
      '02:00:00:00:00:01': 'VirtualEthernet0/0/0',
      '02:00:00:00:00:02': 'host-up0',
    });
    assert.equal(parseForwarding('no l2fib entries\r\n').size, 0);
    const summary = 'L2FIB total/learned entries: 6/9  Last scan time: 0.0000e0sec  Learn limit: 16777216 \r\n';
    assert.deepEqual([fibFigures(summary), fibOf(summary).entries], [{ fdbEntries: 6 }, 16_777_216]);
    assert.deepEqual([fibFigures('no l2fib entries\r\n'), fibOf('').entries], [{ fdbEntries: 0 }, null]);
  });

  it('of who is in the bridge', () => {
    assert.deepEqual(parseMembers(answers.BRIDGE), ['VirtualEthernet0/0/0', 'VirtualEthernet0/0/1']);
    const nobody = answers.BRIDGE.split('\r\n').slice(0, 3).join('\r\n');
    assert.deepEqual(parseMembers(`${nobody}\r\n`), []);
    assert.throws(() => parseMembers('show bridge-domain: No such bridge domain 1\r\n'), HostError);
  });

  it('of what its threads did', () => {
    const threads = parseRuntime(answers.RUNTIME);
    assert.deepEqual(
      threads.map(({ name, nodes }) => [name, nodes.length]),
      [
        ['vpp_main', 8],
        ['vpp_wk_0', 8],
      ],
    );
    const input = threads[1]?.nodes.at(-1);
    assert.deepEqual(input, {
      name: 'vhost-user-input',
      state: 'polling',
      calls: 6170580,
      packets: 6402432,
      cycles: 347 * 6402432,
    });
    // Without a leading zero, as VPP prints numbers below 1.
    const below = answers.RUNTIME.replace('3.47e2            1.04', '   .47             .77');
    assert.throws(() => parseRuntime(below), HostError);
    assert.equal(parseRuntime(answers.RUNTIME.replace('            1.04', '             .77')).length, 2);
  });

  it('of who polls which queue', () => {
    assert.deepEqual(
      parsePlacement(answers.PLACEMENT).map(({ name, queue, worker }) => `${name} ${queue} ${worker}`),
      [
        ...['VirtualEthernet0/0/0 0 0', 'VirtualEthernet0/0/2 0 0', 'VirtualEthernet0/0/1 0 1', 'host-up0 0 1'],
        ...['VirtualEthernet0/0/3 0 2', 'VirtualEthernet0/0/3 1 2'],
      ],
    );
    const main = 'Thread 0 (vpp_main):\r\n node memif-input:\r\n    memif1/0 queue 0 (polling)\r\n';
    assert.deepEqual(parsePlacement(main), [{ name: 'memif1/0', queue: 0, worker: null }]);
    assert.deepEqual(parsePlacement(''), []);
    assert.throws(() => parsePlacement('    memif1/0 queue 0 (polling)\r\n'), HostError);
  });

  it('in other words than expected is refused, with what it was', () => {
    assert.throws(() => parseInterfaces("show: unknown input `interface'\r\n"), {
      name: 'HostError',
      message: /not understood: "show: unknown input/,
    });
    assert.throws(() => parseErrors(''), HostError);
    const twice = answers.INTERFACES.replace('VirtualEthernet0/0/1', 'VirtualEthernet0/0/0');
    assert.throws(() => parseInterfaces(twice), HostError);
  });
});

/** Deterministic numbers from 0 up to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every number and name of a table, whatever its form. */
function leaves(parsed: unknown): unknown[] {
  if (parsed instanceof Map) return [...parsed].flatMap(([key, value]) => [key, ...leaves(value)]);
  if (typeof parsed === 'object' && parsed !== null) return Object.values(parsed).flatMap(leaves);
  return [parsed];
}

describe('what VPP never answers', () => {
  const parsers = [
    ['interfaces', parseInterfaces, [answers.INTERFACES, answers.UPLINK_INTERFACES]],
    ['errors', parseErrors, [answers.ERRORS]],
    ['links', parseLinks, [answers.LINKS, answers.UPLINK_LINKS]],
    ['forwarding', parseForwarding, [answers.FORWARDING, answers.UPLINK_FORWARDING]],
    ['members', parseMembers, [answers.BRIDGE]],
    ['runtime', parseRuntime, [answers.RUNTIME]],
    ['placement', parsePlacement, [answers.PLACEMENT]],
  ] as const;

  /** What a parser makes of a text; undefined where it refuses it, as it may only by HostError. */
  const attempt = (parse: (text: string) => unknown, text: string): unknown => {
    try {
      return parse(text);
    } catch (error) {
      assert.ok(error instanceof HostError, `${String(error)} of ${JSON.stringify(text)}`);
      return undefined;
    }
  };

  for (const [name, parse, texts] of parsers) {
    it(`${name}: without the last newline, as a host hands it over, it is the same`, () => {
      for (const text of texts) assert.deepEqual(parse(text.replace(/\n$/, '')), parse(text));
    });

    it(`${name}: cut anywhere, it is refused or a part of the whole`, () => {
      for (const text of texts) {
        const whole = new Set(leaves(parse(text)));
        for (let end = 0; end < text.length; end += 1) {
          const parsed = attempt(parse, text.slice(0, end));
          for (const leaf of parsed === undefined ? [] : leaves(parsed)) {
            assert.ok(whole.has(leaf), `${String(leaf)} of ${JSON.stringify(text.slice(end - 60, end))}`);
          }
        }
      }
    });

    it(`${name}: garbled, it is refused or still of its form`, () => {
      const random = randomFrom(20260611);
      const below = (limit: number) => Math.floor(random() * limit);
      const alphabet = ' \t\r\n0123456789-./:abz~`é\u0000';
      for (const text of texts) {
        for (let round = 0; round < 3000; round += 1) {
          let garbled = text;
          for (let changes = 1 + below(4); changes > 0; changes -= 1) {
            const [from, to] = [below(garbled.length + 1), below(garbled.length + 1)].sort((a, b) => a - b);
            const piece = garbled.slice(from, to);
            const how = below(4);
            const put = how === 0 ? '' : how === 1 ? piece + piece : (alphabet[below(alphabet.length)] ?? '');
            garbled = garbled.slice(0, from) + put + garbled.slice(how === 3 ? (from ?? 0) + 1 : to);
          }
          const parsed = attempt(parse, garbled);
          for (const leaf of parsed === undefined ? [] : leaves(parsed)) {
            const sound =
              typeof leaf === 'number' || typeof leaf === 'bigint'
                ? Number.isFinite(Number(leaf)) && leaf >= 0
                : typeof leaf === 'boolean' || (typeof leaf === 'string' && leaf !== '' && leaf === leaf.trim());
            assert.ok(sound, `${String(leaf)} of ${JSON.stringify(garbled)}`);
          }
        }
      }
    });
  }
});
