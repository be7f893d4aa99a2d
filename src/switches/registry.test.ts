// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { FakeHost } from '../../test/fixtures/host.ts';
import { threadsFor } from './driver.ts';
import { switchRegistry } from './registry.ts';

/** What a file of this folder exports that can be started as a switch, by file name. */
async function driversOnDisk(): Promise<{ file: string; driver: unknown; id: string }[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.map(async (file) => {
    const module: Record<string, unknown> = await import(pathToFileURL(resolve(import.meta.dirname, file)).href);
    return Object.values(module).flatMap((driver) =>
      typeof driver === 'object' && driver !== null && 'start' in driver && 'id' in driver
        ? [{ file: basename(file, '.ts'), driver, id: String(driver.id) }]
        : [],
    );
  });
  return (await Promise.all(found)).flat();
}

/** What a host answers that knows every command. */
const FOLDER = '/tmp/thing';

/** Commands that look and ask, and change nothing. */
const QUESTIONS = [
  /^run printenv VSWBENCH_[A-Z]+$/,
  /^run sh -c command -v "\$0" \S+$/,
  /^run sh -c command -v "\$1" sh \S+$/,
  /^run test -[rx] \S+$/,
  /^run grep -owF( -e \S+)+ \/proc\/kallsyms$/,
  /^run grep -qs afxdp-nonpmd \S+$/,
  /^run pkg-config --modversion \S+$/,
  /^run (env \S+ )?\S+ --version$/,
  /^run \S+ -q -e {2}-h \S+$/,
];

/** What a probe did and has not taken back: a folder of its own, of a name that is new each time, may come and go. */
function changes(events: readonly string[]): string[] {
  const done = events.filter((event) => !QUESTIONS.some((question) => question.test(event)));
  const [made, removed, ...others] = done;
  const isPair = /^run mktemp --directory /.test(made ?? '') && removed === `remove ${FOLDER}`;
  return isPair ? others : done;
}

describe('the switch registry', () => {
  it('has every switch of this folder, and none that is not in it', async () => {
    const onDisk = (await driversOnDisk()).map(({ driver }) => driver);
    assert.ok(onDisk.length > 0);
    assert.deepEqual(new Set<unknown>(switchRegistry), new Set(onDisk));
  });
  it('calls each by the name of its file', async () => {
    for (const { file, id } of await driversOnDisk()) assert.equal(id, file);
  });
  it('has every id once, in the form that the command line takes', () => {
    const ids = switchRegistry.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z0-9][a-z0-9-]*$/);
  });
  it('says of each what it takes to choose it', () => {
    for (const driver of switchRegistry) {
      const { id, title, ports, locations } = driver;
      assert.ok(
        title !== '' &&
          ports.length > 0 &&
          locations.length > 0 &&
          threadsFor(driver, { pairs: 1, switchThreads: 'auto' }) >= 0,
        id,
      );
    }
  });
  for (const [which, answer] of [
    ['knows every command', { stdout: `${FOLDER}\n` }],
    ['knows none', { exitCode: 127 }],
  ] as const) {
    it(`asks and looks, and changes nothing: a host that ${which}`, async (t) => {
      for (const driver of switchRegistry) {
        const host = new FakeHost(t).answer(/./, answer).put({ '/proc/sys/kernel/osrelease': '6.1.0\n' });
        await driver.probe(host);
        assert.deepEqual(changes(host.events), [], driver.id);
      }
    });
  }
});
