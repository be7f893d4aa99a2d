// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { LiveLine } from './live-line.ts';

test('the bar grows to the right with each sample, and is as high as the rate', () => {
  const line = new LiveLine('[1/2] ovs udp');
  assert.equal(line.add(700, 0, 80), `[1/2] ovs udp  █${' '.repeat(23)}  700.0 pps`);
  assert.equal(line.add(1_400_000, 300, 80), `[1/2] ovs udp  ▁█${' '.repeat(22)}  1.40 Mpps`);
});

test('it moves on where there are more samples than it has room for', () => {
  const line = new LiveLine('');
  for (let sample = 0; sample < 24; sample++) line.add(7, 300 * sample, 80);
  assert.equal(line.add(0, 300 * 24, 80), `  ${'█'.repeat(23)}▁  0.00 pps`);
});

test('it is not drawn more often than four times a second, and no sample is left out of it', () => {
  const line = new LiveLine('');
  assert.notEqual(line.add(1, 0, 80), null);
  assert.equal(line.add(7, 100, 80), null);
  assert.equal(line.add(7, 200, 80), null);
  assert.match(line.add(7, 300, 80) ?? '', /^ {2}▂███ /);
});

test('what trial it is gives way where the terminal is narrow', () => {
  for (const columns of [60, 80, 120]) {
    const line = new LiveLine(`[1/2] ovs dpdk/vhost-user, ${'P = 64 B, '.repeat(20)}`).add(1e6, 0, columns) ?? '';
    assert.ok(stringWidth(line) <= columns, line);
    assert.match(line, /^\[1\/2\].* 1\.00 Mpps$/);
  }
});
