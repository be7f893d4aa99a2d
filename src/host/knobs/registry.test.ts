// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { FakeHost } from '../../../test/fixtures/host.ts';
import { TunableHost } from '../../../test/fixtures/tunable.ts';
import { chooseKnobs } from './choose.ts';
import type { KnobContext } from './knob.ts';
import { knobRegistry } from './registry.ts';

const CONTEXT: KnobContext = {
  ...{ measured: [1, 2], coresShared: [], siblings: [5, 6], others: [0, 3, 4, 7] },
  ...{ uplinks: ['enp3s0f0'], mark: '/run/vswbench/near/tuning' },
};

/** What a file of this folder exports that can be looked at as a knob, by file name. */
async function knobsOnDisk(): Promise<{ file: string; knob: unknown; id: string }[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.map(async (file) => {
    const module: Record<string, unknown> = await import(pathToFileURL(resolve(import.meta.dirname, file)).href);
    return Object.values(module).flatMap((knob) =>
      typeof knob === 'object' && knob !== null && 'look' in knob && 'id' in knob
        ? [{ file: basename(file, '.ts'), knob, id: String(knob.id) }]
        : [],
    );
  });
  return (await Promise.all(found)).flat();
}

describe('the knob registry', () => {
  it('has every knob of this folder, and none that is not in it', async () => {
    const onDisk = (await knobsOnDisk()).map(({ knob }) => knob);
    assert.ok(onDisk.length > 0);
    assert.deepEqual(new Set<unknown>(knobRegistry), new Set(onDisk));
  });
  it('calls each by the name of its file, once, in the form that the command line takes', async () => {
    for (const { file, id } of await knobsOnDisk()) assert.equal(id, file);
    assert.equal(new Set(knobRegistry.map(({ id }) => id)).size, knobRegistry.length);
    for (const { id } of knobRegistry) assert.match(id, /^[a-z][a-z-]*$/);
  });
  it('looks and changes nothing, on a machine that has all and on one that has nothing', async (t) => {
    const bare = new FakeHost(t).answer(/^od /, { exitCode: 1 });
    for (const host of [new TunableHost(t), bare]) {
      for (const knob of knobRegistry) await knob.look(host, CONTEXT);
      assert.deepEqual(
        host.events.filter((event) => !event.startsWith('run od ')),
        [],
      );
    }
  });
  it('says why where there is nothing to turn', async (t) => {
    const host = new FakeHost(t).answer(/^od /, { exitCode: 1 });
    for (const knob of knobRegistry) {
      const look = await knob.look(host, { ...CONTEXT, siblings: [], others: [], uplinks: [] });
      assert.ok(look.note, knob.id);
    }
  });
});

describe('chooseKnobs', () => {
  const chosen = (...words: string[]) => {
    const parsed = chooseKnobs(words);
    return parsed.ok ? parsed.value : parsed.error;
  };
  it('knows the paper’s three, all, none, and each by its name', () => {
    assert.deepEqual(chosen('paper'), ['governor', 'turbo', 'smt']);
    assert.deepEqual(
      chosen('all'),
      knobRegistry.map(({ id }) => id),
    );
    assert.deepEqual(chosen('off'), []);
    assert.deepEqual(chosen('irqs', 'turbo'), ['turbo', 'irqs']);
    assert.deepEqual(chosen('paper', 'irqs'), ['governor', 'turbo', 'smt', 'irqs']);
  });
  it('names those that there are where one is not known, an inherited name among them', () => {
    assert.match(String(chosen('governor', 'warp')), /'warp' is no knob; give off, paper, all, or some of governor, /);
    assert.match(String(chosen('constructor')), /'constructor' is no knob/);
  });
});
