// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../../test/fixtures/campaign.ts';
import type { Sample, Trial } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { timelineFigure } from './timeline-figure.ts';

const WORDS = { id: 'timeline-0', title: 'Over time', caption: 'What is shown.' };

/** 1 Mpps sent, of which 3 in 4 arrive. */
const SAMPLES: Sample[] = [1, 2, 3].map((n) => ({
  ...{ tS: n / 10, steady: n > 1 },
  ...{ offeredPackets: n * 100_000, receivedPackets: n * 75_000 },
}));

const stored = storedCampaign({ cases: [storedCase({ case: testCase(), pps: 750_000 }, 2)] });
const [one] = toCampaignResult(stored).results;

function trials(samples: Sample[]): Trial[] {
  return (stored.cases[0]?.trials ?? []).map((trial) => ({
    ...trial,
    measurement: trial.measurement && { ...trial.measurement, samples },
  }));
}

describe('timelineFigure', () => {
  it('has a panel a trial, with what was sent and what was received between two samples', () => {
    assert.ok(one !== undefined);
    const figure = timelineFigure(one, trials(SAMPLES), WORDS);
    assert.deepEqual(
      figure?.panels.map(({ title }) => title),
      ['round 1', 'round 2'],
    );
    assert.equal(figure?.y.unit, 'Mpps');
    const [sent, received] = figure?.panels[0]?.series ?? [];
    const rounded = (series: typeof sent) => series?.points.map(({ x, y }) => [x, Number(y.toFixed(6))]);
    assert.deepEqual(rounded(sent), [
      [0.1, 1],
      [0.2, 1],
      [0.3, 1],
    ]);
    assert.deepEqual(rounded(received), [
      [0.1, 0.75],
      [0.2, 0.75],
      [0.3, 0.75],
    ]);
    assert.notDeepEqual(sent?.look.dash, received?.look.dash);
    assert.equal(sent?.look.color, received?.look.color);
  });

  it('is none where no trial has samples', () => {
    assert.ok(one !== undefined);
    assert.equal(timelineFigure(one, trials([]), WORDS), null);
  });
});
