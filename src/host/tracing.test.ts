// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { tracingOf } from './tracing.ts';

describe('tracingOf', () => {
  const states: [string, { tracer: string; events: string; on?: string }][] = [
    ['', { tracer: 'nop', events: '0' }],
    ['some events', { tracer: 'nop', events: 'X' }],
    ['function_graph tracer, all events', { tracer: 'function_graph', events: '1' }],
    ['', { tracer: 'function', events: '1', on: '0' }],
  ];
  for (const [told, { tracer, events, on = '1' }] of states) {
    for (const folder of ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']) {
      it(`says '${told}' of ${tracer}, ${events}, ${on} in ${folder}`, async (t) => {
        const host = new FakeHost(t).put({
          [`${folder}/current_tracer`]: `${tracer}\n`,
          [`${folder}/tracing_on`]: `${on}\n`,
          [`${folder}/events/enable`]: `${events}\n`,
        });
        assert.equal(await tracingOf(host), told);
      });
    }
  }
  it('says nothing where the kernel has none, or keeps it to itself', async (t) => {
    assert.equal(await tracingOf(new FakeHost(t)), '');
  });
});
