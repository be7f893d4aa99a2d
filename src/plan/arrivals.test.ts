// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrivalObstacles } from './arrivals.ts';

type Asked = Parameters<typeof arrivalObstacles>[0];

describe('arrivals', () => {
  const possible: Asked[] = [
    { arrivals: 'regular', rate: 'max', burst: 64 },
    { arrivals: 'poisson', rate: 1, burst: 64 },
    { arrivals: 'on-off:128/1ms', rate: 128_000, burst: 64 },
    { arrivals: 'on-off:1/1s', rate: 1, burst: 1 },
  ];
  for (const asked of possible) {
    it(`may be ${JSON.stringify(asked)}`, () => assert.deepEqual(arrivalObstacles(asked, 1000), []));
  }
  const impossible: [Asked, RegExp[]][] = [
    [{ arrivals: 'poisson', rate: 'max', burst: 64 }, [/^poisson arrivals need a mean rate: give -R/]],
    [
      { arrivals: 'on-off:64/1ms', rate: 'max', burst: 64 },
      [/give -R 64k, with which a train is sent at once, or less$/],
    ],
    [{ arrivals: 'on-off:64/1ms', rate: 64_001, burst: 64 }, [/at 64001 packets\/s: give -R 64k or less$/]],
    [{ arrivals: 'on-off:96/1ms', rate: 96, burst: 64 }, [/not of whole bursts of 64: give -B 1, .* up to 96$/]],
    [{ arrivals: 'on-off:1009/1us', rate: 1009, burst: 64 }, [/up to 1009$/]],
    [
      { arrivals: 'on-off:64/1ms', rate: 10, burst: 64 },
      [/take 6.4 s at 10 packets.* window of 1 s: give a longer --duration$/],
    ],
    [{ arrivals: 'on-off:1/1us', rate: 'max', burst: 2 }, [/whole bursts of 2: give -B 1$/, /give -R 1M/]],
  ];
  for (const [asked, reasons] of impossible) {
    it(`are not ${JSON.stringify(asked)}`, () => {
      const told = arrivalObstacles(asked, 1000);
      assert.equal(told.length, reasons.length);
      for (const [index, reason] of reasons.entries()) assert.match(told[index] ?? '', reason);
    });
  }
});
