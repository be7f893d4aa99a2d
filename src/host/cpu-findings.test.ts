// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpu, plainCpus } from '../../test/fixtures/cpus.ts';
import type { Cpu } from '../model/inventory.ts';
import { cpuFindings } from './cpu-findings.ts';

const told = (cpus: Cpu[]) =>
  cpuFindings({ cpus, cpuModel: 'A CPU' }).map(({ state, subject, text }) => `${state} ${subject}: ${text}`);

describe('cpuFindings', () => {
  it('counts what may be used, and says of how many', () => {
    assert.deepEqual(told(plainCpus(4)), ['ok CPUs: 4 × A CPU']);
    const [left] = told([cpu({ id: 0 }), cpu({ id: 1, allowed: false })]);
    assert.match(left ?? '', /^warning CPUs: 1 × A CPU, of 2 that are online: .* leaves CPU 0: with fewer than 3/);
  });
  it('says which are isolated, and which of them cannot be had', () => {
    const cpus = plainCpus(6).map((one) => ({ ...one, isolated: one.id > 2, allowed: one.id !== 5 }));
    const [, usable, forbidden] = told(cpus);
    assert.match(usable ?? '', /^ok isolated CPUs: CPU 3-4: used before others/);
    assert.match(forbidden ?? '', /^warning isolated CPUs: CPU 5: not used/);
  });
  it('tells unlike ones apart, the fastest first', () => {
    const cpus = plainCpus(8).map((one) => ({ ...one, kind: one.id < 4 ? 1 : 0, capacity: one.id < 4 ? 512 : 1024 }));
    assert.match(told(cpus)[1] ?? '', /not alike: 4-7 \(100 %\), 0-3 \(50 %\)/);
  });
});
