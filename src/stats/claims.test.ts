// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { ClaimSchema } from '../model/claim.ts';
import type { Flag, StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from './campaign.ts';
import { judgeClaim } from './claims.ts';

type StoredCase = StoredCampaign['cases'][number];
const ROUNDS = 10;

/** Packets/s with this spread (a ratio) from round to round. */
function measured(part: Partial<TestCase>, pps: number, spread = 0.01): StoredCase {
  const one = testCase({ switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 'max', ...part });
  const seed = [...JSON.stringify(one)].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 65_521, 1);
  return storedCase({ case: one, pps, rttNs: pps }, ROUNDS, spread, seed);
}

function absent(part: Partial<TestCase>, skipped: string): StoredCase {
  return { ...measured(part, 1), skipped, trials: [] };
}

const roundTrip = (part: Partial<TestCase>, ns: number) => measured({ dimension: 'latency', rate: 1000, ...part }, ns);

function judge(claim: Record<string, unknown>, cases: readonly StoredCase[]) {
  const parsed = ClaimSchema.parse({ id: 'it', says: 'so', from: 'here', ...claim });
  return judgeClaim(parsed, toCampaignResult(storedCampaign({ trialsPlanned: ROUNDS, cases: [...cases] })).results);
}

const outcome = (claim: Record<string, unknown>, ...cases: StoredCase[]) => judge(claim, cases).outcome;

describe('order', () => {
  const faster = { kind: 'order', figure: 'packets', better: { switch: 'basicfwd' }, than: { switch: ['ovs', 'vpp'] } };
  const three = (basicfwd: number) => [
    measured({ switch: 'basicfwd' }, basicfwd),
    measured({}, 4e6),
    measured({ switch: 'vpp' }, 5e6),
  ];

  it('holds where the verdict tells the one apart from each other one', () => {
    const { outcome: found, findings, missing } = judge(faster, three(6e6));
    assert.equal(found, 'holds');
    assert.deepEqual(missing, []);
    assert.deepEqual(
      findings.map(({ sides }) => sides.map((side) => side.case.switch)),
      [
        ['basicfwd', 'ovs'],
        ['basicfwd', 'vpp'],
      ],
    );
  });
  it('does not hold where one of them is surely better', () => {
    assert.equal(outcome(faster, ...three(4.5e6)), 'does-not-hold');
  });
  it('cannot be decided where noise hides it', () => {
    const noisy = [
      measured({ switch: 'basicfwd' }, 5.2e6, 0.3),
      measured({}, 4e6),
      measured({ switch: 'vpp' }, 5e6, 0.3),
    ];
    assert.equal(outcome(faster, ...noisy), 'cannot-be-decided');
  });
  it('cannot be decided by rounds that are too few for any difference', () => {
    const few = three(6e6).map((one) => ({ ...one, trials: one.trials.slice(0, 3) }));
    const { outcome: found, findings } = judge(faster, few);
    assert.equal(found, 'cannot-be-decided');
    assert.match(findings[0]?.why ?? '', /^too few rounds \(3\)/);
  });
  it('cannot be decided without one that it names, and says why that is missing', () => {
    const { outcome: found, missing } = judge(faster, [
      ...three(6e6).slice(0, 2),
      absent({ switch: 'vpp' }, 'not built'),
    ]);
    assert.equal(found, 'cannot-be-decided');
    assert.deepEqual(missing, [{ what: 'vpp', why: 'not built' }]);
  });
  it('holds for those that are there, where so many are enough', () => {
    assert.equal(outcome({ ...faster, least: 2 }, ...three(6e6).slice(0, 2)), 'holds');
    assert.equal(outcome({ ...faster, least: 3 }, ...three(6e6).slice(0, 2)), 'cannot-be-decided');
  });
  it('falls with those that are there, whoever is missing', () => {
    assert.equal(outcome(faster, ...three(3e6).slice(0, 2)), 'does-not-hold');
  });
  it('takes the shorter round trip for the better one', () => {
    const claim = { ...faster, figure: 'round-trip', than: { switch: 'ovs' } };
    const cases = [roundTrip({ switch: 'basicfwd' }, 9000), roundTrip({}, 14_000)];
    assert.equal(outcome(claim, ...cases), 'holds');
    assert.equal(
      outcome({ ...claim, better: { switch: 'ovs' }, than: { switch: 'basicfwd' } }, ...cases),
      'does-not-hold',
    );
  });
  it('says nothing where both received what was asked for', () => {
    const paced = [measured({ switch: 'basicfwd', rate: 1000 }, 1000, 0), measured({ rate: 1000 }, 999.9, 0)];
    assert.match(judge({ ...faster, than: { switch: 'ovs' } }, paced).findings[0]?.why ?? '', /the rate decides/);
  });
  it('looks only at the points that it names', () => {
    const cases = [
      ...three(6e6),
      ...[measured({ switch: 'basicfwd', packetSize: 1500 }, 1e6), measured({ packetSize: 1500 }, 2e6)],
    ];
    const claim = { ...faster, than: { switch: 'ovs' } };
    assert.equal(outcome({ ...claim, cases: { packetSize: { atMost: 128 } } }, ...cases), 'holds');
    assert.equal(outcome({ ...claim, cases: { packetSize: [64, 1500] } }, ...cases), 'does-not-hold');
  });
  it('one of several points has to be surer to refute it', () => {
    const claim = { ...faster, than: { switch: 'ovs' } };
    const doubtful = [measured({ switch: 'basicfwd' }, 3.97e6, 0.04), measured({}, 4e6, 0.04)];
    const others = [128, 256, 512, 1024].flatMap((packetSize) => [
      measured({ switch: 'basicfwd', packetSize }, 6e6),
      measured({ packetSize }, 4e6),
    ]);
    const [alone] = judge(claim, doubtful).findings;
    assert.ok(alone?.says === 'against' && (alone.pCorrected ?? 0) > 0.01, String(alone?.pCorrected));
    const { outcome: found, findings } = judge(claim, [...doubtful, ...others]);
    assert.equal(found, 'cannot-be-decided');
    assert.match(findings[0]?.why ?? '', /not surely so as one of 5 points/);
  });
  it('super-packets are not compared with packets', () => {
    const [one, other] = [measured({ switch: 'basicfwd' }, 9e6), measured({}, 4e6)];
    const packed: StoredCase = { ...one, trials: one.trials.map((trial) => ({ ...trial, flags: ['super-packets'] })) };
    const ratio = {
      kind: 'ratio',
      figure: 'packets',
      of: { switch: 'basicfwd' },
      to: { switch: 'ovs' },
      between: [1, 9],
    };
    for (const claim of [{ ...faster, than: { switch: 'ovs' } }, ratio]) {
      assert.equal(outcome(claim, packed, other), 'cannot-be-decided');
    }
  });
  it('without a switch there is no order', () => {
    const claim = { ...faster, better: { switch: 'direct' }, than: { switch: 'ovs' } };
    const { outcome: found, findings } = judge(claim, [measured({ switch: 'direct' }, 9e6), measured({}, 4e6)]);
    assert.equal(found, 'cannot-be-decided');
    assert.match(findings[0]?.why ?? '', /^direct is not compared/);
  });
});

describe('ratio', () => {
  const claim = {
    kind: 'ratio',
    figure: 'packets',
    of: { switch: 'basicfwd' },
    to: { switch: 'ovs' },
    between: [1.4, 1.6],
  };
  const two = (pps: number, spread = 0.01) => [
    measured({ switch: 'basicfwd' }, pps, spread),
    measured({}, 4e6, spread),
  ];

  it('holds where its whole interval is within', () => assert.equal(outcome(claim, ...two(6e6)), 'holds'));
  it('does not hold where all of it is outside', () => assert.equal(outcome(claim, ...two(8e6)), 'does-not-hold'));
  it('cannot be decided where it reaches over a bound', () => {
    assert.equal(outcome(claim, ...two(6e6, 0.15)), 'cannot-be-decided');
  });
  it('is of the one by the other', () => {
    const { measure } = judge(claim, two(6e6)).findings[0] ?? {};
    assert.ok(measure !== undefined && measure !== null && Math.abs(measure.value - 1.5) < 0.03);
  });
  it('pairs cases that differ in nothing else than what is named', () => {
    const cases = [64, 1500].flatMap((packetSize) =>
      ['ovs', 'vpp'].map((id) => measured({ switch: id, packetSize }, packetSize === 64 ? 4e6 : 2e6)),
    );
    const { findings } = judge(
      { ...claim, of: { packetSize: 64 }, to: { packetSize: 1500 }, between: [1.9, 2.1] },
      cases,
    );
    assert.deepEqual(
      findings.map(({ says, sides }) => [says, ...sides.map((side) => side.case.switch)]),
      [
        ['for', 'ovs', 'ovs'],
        ['for', 'vpp', 'vpp'],
      ],
    );
  });
});

describe('trend', () => {
  const falls = { kind: 'trend', figure: 'packets', along: 'packetSize', direction: 'falls' };
  const sizes = (...pps: number[]) => pps.map((one, index) => measured({ packetSize: 64 * 2 ** index }, one));

  it('holds where the ends differ and no step goes the other way', () => {
    assert.equal(outcome(falls, ...sizes(4e6, 4e6, 3e6, 2e6)), 'holds');
  });
  it('does not hold where a step goes the other way', () => {
    const { outcome: found, findings } = judge(falls, sizes(4e6, 2e6, 3e6, 2e6));
    assert.equal(found, 'does-not-hold');
    assert.deepEqual(
      findings[0]?.sides.map((side) => side.case.packetSize),
      [128, 256],
    );
  });
  it('cannot be decided where the ends are not told apart', () => {
    assert.equal(outcome(falls, ...sizes(4e6, 4.01e6)), 'cannot-be-decided');
  });
  it('cannot be decided by a single point', () => assert.equal(outcome(falls, ...sizes(4e6)), 'cannot-be-decided'));
  it('bits rise where packets fall more slowly than sizes grow', () => {
    assert.equal(outcome({ ...falls, figure: 'bits', direction: 'rises' }, ...sizes(4e6, 3e6, 2e6)), 'holds');
    assert.equal(outcome({ ...falls, figure: 'bits' }, ...sizes(4e6, 3e6, 2e6)), 'does-not-hold');
  });
  it('is asked of each switch by itself', () => {
    const cases = [
      ...sizes(4e6, 3e6),
      ...sizes(3e6, 4e6).map((one) => ({ ...one, case: { ...one.case, switch: 'vpp' } })),
    ];
    assert.deepEqual(
      judge(falls, cases).findings.map(({ says }) => says),
      ['for', 'against'],
    );
  });
});

describe('scaling', () => {
  const linear = { kind: 'scaling', figure: 'packets', along: 'pairs', atLeastPercent: 80 };
  const pairs = (...pps: number[]) => pps.map((one, index) => measured({ pairs: 2 ** index }, one));

  it('holds where each gain is near proportion', () => {
    const { outcome: found, findings } = judge(linear, pairs(1e6, 1.9e6, 3.7e6));
    assert.equal(found, 'holds');
    assert.deepEqual(
      findings.map(({ measure }) => Math.round((measure?.value ?? 0) / 5) * 5),
      [95, 95],
    );
  });
  it('does not hold where one is far from it', () =>
    assert.equal(outcome(linear, ...pairs(1e6, 1.9e6, 2e6)), 'does-not-hold'));
  it('cannot be decided at the bound', () => assert.equal(outcome(linear, ...pairs(1e6, 1.6e6)), 'cannot-be-decided'));
  it('has an upper bound, too: nothing is gained', () => {
    const flat = { ...linear, atLeastPercent: undefined, atMostPercent: 60 };
    assert.equal(outcome(flat, ...pairs(1e6, 1.02e6)), 'holds');
    assert.equal(outcome(flat, ...pairs(1e6, 1.9e6)), 'does-not-hold');
  });
});

describe('alike', () => {
  const claim = { kind: 'alike', figure: 'packets', across: 'switch', withinPercent: 10 };
  const two = (pps: number, spread = 0.01) => [measured({ switch: 'vpp' }, pps, spread), measured({}, 4e6, spread)];

  it('holds where the whole interval of each difference is within', () =>
    assert.equal(outcome(claim, ...two(4.1e6)), 'holds'));
  it('does not hold where a difference is surely larger', () =>
    assert.equal(outcome(claim, ...two(5e6)), 'does-not-hold'));
  it('noise is no likeness', () => assert.equal(outcome(claim, ...two(4e6, 0.2)), 'cannot-be-decided'));
  it('alone nothing is alike', () => assert.equal(outcome(claim, measured({}, 4e6)), 'cannot-be-decided'));
  it('a switch is not compared with itself over another port, nor with no switch at all', () => {
    const cases = [
      ...two(4.1e6),
      measured({ switch: 'vpp', port: 'memif' }, 4.05e6),
      measured({ switch: 'direct' }, 9e6),
    ];
    const { outcome: found, findings } = judge(claim, cases);
    assert.equal(found, 'holds');
    assert.equal(findings.length, 2);
  });
  it('along a parameter each switch is compared with itself', () => {
    const bursts = ['ovs', 'vpp'].flatMap((id) =>
      [32, 64, 128].map((burst) => measured({ switch: id, burst }, id === 'ovs' ? 4e6 : 8e6)),
    );
    const { outcome: found, findings } = judge({ ...claim, across: 'burst' }, bursts);
    assert.equal(found, 'holds');
    assert.equal(findings.length, 6);
  });
});

describe('value', () => {
  const claim = { kind: 'value', figure: 'round-trip', between: [0, 10_000] };

  it('holds, or not, by its own interval', () => {
    assert.equal(outcome(claim, roundTrip({}, 8000)), 'holds');
    assert.equal(outcome(claim, roundTrip({}, 12_000)), 'does-not-hold');
    assert.equal(outcome(claim, roundTrip({}, 10_000)), 'cannot-be-decided');
  });
  it('a single trial has none', () => {
    const [one] = [roundTrip({}, 8000)].map((stored) => ({ ...stored, trials: stored.trials.slice(0, 1) }));
    assert.ok(one !== undefined);
    assert.equal(outcome(claim, one), 'cannot-be-decided');
  });
});

describe('count', () => {
  const claim = { kind: 'count', of: { switch: 'vale' }, to: { switch: 'ovs' }, difference: -1 };
  const placed = (part: Partial<TestCase>, threads: readonly number[]): StoredCase => {
    const one = measured(part, 1e6);
    return {
      ...one,
      trials: one.trials.map((trial) => ({
        ...trial,
        placement: trial.placement && { ...trial.placement, switch: [...threads] },
      })),
    };
  };
  const vale = placed({ switch: 'vale', io: 'netmap', port: 'netmap' }, []);

  it('counts applications and threads of the switch', () => {
    const { outcome: found, findings } = judge(claim, [vale, placed({}, [1])]);
    assert.equal(found, 'holds');
    assert.deepEqual(
      findings[0]?.sides.map((side) => side.cpus),
      [2, 3],
    );
    assert.equal(outcome(claim, vale, placed({}, [1, 2])), 'does-not-hold');
  });
  it('cannot be decided where one is not there', () =>
    assert.equal(outcome(claim, placed({}, [1])), 'cannot-be-decided'));
});

describe('marks', () => {
  const marked = (stored: StoredCase, flag: Flag): StoredCase => ({
    ...stored,
    trials: stored.trials.map((trial) => ({ ...trial, flags: [flag] })),
  });
  const pair = [measured({ switch: 'vpp' }, 6e6), measured({}, 4e6)];
  const order = { kind: 'order', figure: 'packets', better: { switch: 'vpp' }, than: { switch: 'ovs' } };
  const value = { kind: 'value', figure: 'packets', cases: { switch: 'vpp' }, between: [5e6, 7e6] };

  it('where machines are emulated no speed is shown, and counts are', () => {
    const emulated = pair.map((one) => marked(one, 'emulated'));
    for (const claim of [order, value]) {
      const { outcome: found, findings } = judge(claim, emulated);
      assert.equal(found, 'cannot-be-decided');
      assert.match(findings[0]?.why ?? '', /^emulated/);
    }
    const count = { kind: 'count', of: { switch: 'vpp' }, to: { switch: 'ovs' }, difference: 0 };
    assert.equal(outcome(count, ...emulated), 'holds');
  });
  it('where others had the CPUs no value is shown, and a comparison is', () => {
    const disturbed = pair.map((one) => marked(one, 'disturbed'));
    assert.deepEqual([outcome(value, ...disturbed), outcome(order, ...disturbed)], ['cannot-be-decided', 'holds']);
    assert.equal(outcome(value, ...pair), 'holds');
  });
});

it('what is beyond all measurements cannot be decided', () => {
  assert.equal(outcome({ kind: 'beyond', needs: 'a physical port' }, measured({}, 1e6)), 'cannot-be-decided');
});
