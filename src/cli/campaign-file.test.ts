// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { switchRegistry } from '../switches/registry.ts';
import { readCampaign } from './campaign-file.ts';
import { frameworksInSource } from './frameworks.ts';

const root = resolve(import.meta.dirname, '../..');

for (const name of readdirSync(resolve(root, 'campaigns'))) {
  test(`campaigns/${name} asks for what there is`, () => {
    const { switches, ios } = readCampaign(resolve(root, 'campaigns', name), {});
    const known = { switches: switchRegistry.map(({ id }) => id), ios: frameworksInSource(root) ?? [] };
    assert.deepEqual(
      (switches ?? []).filter((id) => !known.switches.includes(id)),
      [],
    );
    assert.deepEqual(
      (ios ?? []).filter((io) => !known.ios.includes(io)),
      [],
    );
  });
}
