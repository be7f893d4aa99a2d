// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { altra } from '../../test/fixtures/machines/altra.ts';
import { board } from '../../test/fixtures/machines/board.ts';
import { armCpuinfo } from '../../test/fixtures/machines/machine.ts';
import { xeon } from '../../test/fixtures/machines/xeon.ts';
import { cpuModelOf } from './cpu-model.ts';

describe('cpuModelOf', () => {
  const CASES: [string, Record<string, string>, string | null][] = [
    ['x86: as the kernel says', xeon, 'Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz'],
    ['Arm: by MIDR, with the firmware’s name of the machine', altra, 'Neoverse-N1 (WIWYNN Mt.Jade Server System)'],
    ['Arm: every kind of core, and the device tree’s name', board, 'Cortex-A55 and Cortex-A76 (Radxa ROCK 5B)'],
    [
      'Arm: the numbers where we have no name',
      { '/proc/cpuinfo': armCpuinfo(['0xfff']) },
      'Arm core 0xfff of implementer 0x41',
    ],
    ['nothing told', {}, null],
    ['not the next line for a value that is empty', { '/proc/cpuinfo': 'model name\t:\nstepping\t: 1\n' }, null],
  ];
  for (const [name, files, model] of CASES) {
    it(name, async (t) => {
      assert.equal(await cpuModelOf(new FakeHost(t).put(files), files['/proc/cpuinfo'] ?? ''), model);
    });
  }
});
