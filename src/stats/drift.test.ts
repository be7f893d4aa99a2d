// SPDX-License-Identifier: Apache-2.0
// Canaries of simulated machines: how often one is called another machine that is none, and how soon one that is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaries, GOOD, NOISY, USUAL } from '../../test/fixtures/canaries.ts';
import { BASE_MIN, type CanaryFigures, falseAlarms, judgeDrift, smallestShifts } from './drift.ts';

const plain = (values: readonly number[]): CanaryFigures[] =>
  values.map((value) => ({
    figures: { x: [-2, -1, 0, 1, 2].map((step) => value * (1 + step / 1000)) },
    changed: false,
  }));

/** Ten canaries that scatter by about a percent. */
const BASE = [1000, 1008, 994, 1003, 990, 1010, 999, 1005, 996, 1001];

test('of few canaries nothing is said', () => {
  assert.deepEqual(judgeDrift([]), { state: 'learning', canaries: 0, needed: BASE_MIN });
  assert.deepEqual(judgeDrift(plain(BASE.slice(0, 8))).state, 'learning');
  assert.deepEqual(judgeDrift(plain(BASE.slice(0, 9))), { state: 'steady' });
  assert.deepEqual(smallestShifts(plain(BASE.slice(0, 7))), {});
});

test('one canary that is off is suspect and never enough; two of them are a shift from the first on', () => {
  assert.deepEqual(judgeDrift(plain([...BASE, 900])), { state: 'suspect', figure: 'x' });
  assert.deepEqual(judgeDrift(plain([...BASE, 500])), { state: 'suspect', figure: 'x' });
  assert.deepEqual(judgeDrift(plain([...BASE, 500, 1002])), { state: 'steady' });
  const found = judgeDrift(plain([...BASE, 900, 902]));
  assert.equal(found.state, 'shifted');
  if (found.state !== 'shifted') return;
  assert.equal(found.first, 10);
  const [shift] = found.shifts;
  assert.ok(Math.abs((shift?.ratio.ratio ?? 1) - 0.901) < 0.01 && (shift?.pValue ?? 1) < 0.001);
});

test('a machine that became faster has shifted as well', () => {
  assert.equal(judgeDrift(plain([...BASE, 1100, 1102])).state, 'shifted');
});

test('where the record says that something was changed one canary is enough', () => {
  const changed = (value: number) => [...plain(BASE), ...plain([value]).map((one) => ({ ...one, changed: true }))];
  assert.equal(judgeDrift(changed(900)).state, 'shifted');
  assert.equal(judgeDrift(changed(1004)).state, 'steady');
});

test('a machine that has shifted stays so, whatever its later canaries are', () => {
  const found = judgeDrift(plain([...BASE, 900, 902, ...BASE]));
  assert.equal(found.state === 'shifted' && found.first, 10);
});

test('a slow decay is held against the first base, and found', () => {
  const decay = Array.from({ length: 60 }, (_, day) => (BASE[day % 10] ?? 0) * 0.997 ** Math.max(0, day - 12));
  assert.equal(judgeDrift(plain(decay)).state, 'shifted');
});

test('a change that nobody would act on is none, however clear', () => {
  assert.equal(judgeDrift(plain([...BASE, ...Array.from({ length: 200 }, () => 980)])).state, 'steady');
});

test('a canary that lacks a figure says nothing of it, and a new figure is judged when it has a base of its own', () => {
  const course = plain([...BASE, 900, 902]);
  const gap = [...course.slice(0, 11), { figures: { y: [1] }, changed: false }, ...course.slice(11)];
  assert.equal(judgeDrift(gap).state, 'shifted');
  const renamed = course.map(({ figures, changed }, index) =>
    index < 8 ? { figures: { y: figures.x ?? [] }, changed } : { figures, changed },
  );
  assert.equal(judgeDrift(renamed).state, 'steady');
});

for (const { name, noise } of [
  { name: 'a quiet machine', noise: GOOD },
  { name: 'a usual machine', noise: USUAL },
  { name: 'a noisy machine', noise: NOISY },
]) {
  test(`1 000 canaries without drift of ${name} give at most one alarm`, () => {
    let alarms = 0;
    for (let machine = 0; machine < 10; machine += 1) {
      if (judgeDrift(canaries(machine, 100, noise)).state === 'shifted') alarms += 1;
    }
    assert.ok(alarms <= 1, `${alarms} alarms`);
  });
}

test('the power curve: what share of usual machines is found out at the second canary after a drop', () => {
  const foundAt = (drop: number) => {
    let found = 0;
    for (let machine = 0; machine < 40; machine += 1) {
      const course = canaries(1000 + machine, 26, USUAL, { from: 24, ratio: 1 - drop });
      if (judgeDrift(course).state === 'shifted') found += 1;
    }
    return found / 40;
  };
  const curve = [0, 0.03, 0.06, 0.1, 0.2].map(foundAt);
  assert.ok((curve[0] ?? 1) <= 1 / 40, String(curve));
  assert.ok((curve[3] ?? 0) >= 0.95, String(curve));
  assert.equal(curve[4], 1, String(curve));
  for (const [index, share] of curve.entries()) assert.ok(share >= (curve[index - 1] ?? 0), String(curve));
});

test('A/A: canaries of one level, split at random, are hardly ever held to be of two', () => {
  assert.equal(falseAlarms(plain(BASE.slice(0, 9)), 1), null);
  const same = falseAlarms(canaries(1, 30, USUAL), 1);
  assert.ok(same !== null && same.splits === 200 && same.alarms <= 1, JSON.stringify(same));
  assert.deepEqual(same, falseAlarms(canaries(1, 30, USUAL), 1));
});

test('the smallest shift that two canaries show is told, and is found', () => {
  const course = plain(BASE);
  const smallest = smallestShifts(course).x ?? 0;
  assert.ok(smallest > 0.03 && smallest < 0.12, String(smallest));
  const low = 1000.5 * (1 - smallest);
  assert.equal(judgeDrift([...course, ...plain([low * 0.99, low * 0.99])]).state, 'shifted');
});
