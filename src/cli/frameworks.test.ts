// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkout } from './context.ts';
import { frameworksInSource } from './frameworks.ts';

describe('frameworksInSource', () => {
  it('names every line of the registry, and all frameworks that there are', () => {
    const names = frameworksInSource(checkout.root);
    const registry = readFileSync(join(checkout.root, 'dataplane/io/registry.c'), 'utf8');
    assert.equal(names?.length, registry.match(/\((?:HAVE_\w+, )?io_\w+.*\)/g)?.length);
    for (const name of ['udp', 'udp-mmsg', 'raw-mmsg', 'dpdk', 'netmap', 'null'])
      assert.ok(names?.includes(name), name);
  });

  it('tells nothing rather than a part, where a framework is written in another way', (context) => {
    const root = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
    context.after(() => rmSync(root, { recursive: true }));
    cpSync(join(checkout.root, 'dataplane/io'), join(root, 'dataplane/io'), { recursive: true });
    const raw = join(root, 'dataplane/io/raw.c');
    writeFileSync(raw, readFileSync(raw, 'utf8').replace('.name = "raw"', '.name = RAW_NAME'));
    assert.equal(frameworksInSource(root), null);
  });
});
