// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CliError, EXIT } from './errors.ts';
import { loadDriver, loadDrivers } from './switch-file.ts';

const GOOD = `id: 'mine', title: 'Mine', ports: ['netdev'], locations: ['local'], threads: 0, async probe() {}, async start() {}`;

describe('a file with a switch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-driver-'));
  after(() => rmSync(folder, { recursive: true }));
  let count = 0;
  const file = (text: string) => {
    count += 1;
    const path = join(folder, `driver-${count}.ts`);
    writeFileSync(path, text);
    return path;
  };

  it('may export it under any name, also under two', async () => {
    const { drivers, files } = await loadDrivers([file(`export const it = { ${GOOD} };\nexport default it;\n`)]);
    assert.equal(drivers.at(-1)?.id, 'mine');
    assert.deepEqual([...files], [['mine', join(folder, `driver-${count}.ts`)]]);
  });

  const refused: [string, string, RegExp][] = [
    ['a slip of the pen', `const a = 1;\n\nexport const it = { id: };\n`, /driver-\d+\.ts: line 3: SyntaxError: /],
    ['a throw while it is read', `const a = 1;\nthrow new TypeError('no');\n`, /: line 2: TypeError: no/],
    ['a module that is not there', `import './nosuch.ts';\n`, /Cannot find module/],
    ['no driver', 'export const a = 1;\n', /it exports no SwitchDriver, but a: export an object/],
    ['no export', 'export {};\n', /it exports no SwitchDriver, but nothing/],
    [
      'two',
      `export const a = { ${GOOD} };\nexport const b = { ${GOOD} };\n`,
      /exports two drivers, a and b: give each/,
    ],
    ['a missing field', `export const it = { id: 'x', probe() {}, start() {} };\n`, /: it\.title: /],
    [
      'a missing method',
      `export const it = { ${GOOD}, start: undefined };\n`,
      /: it\.start: expected a function, received nothing/,
    ],
    ['a kind of port that is none', `export const it = { ${GOOD}, ports: ['cable'] };\n`, /: it\.ports\[0\]: .*netdev/],
    [
      'threads that are no number',
      `export const it = { ${GOOD}, threads: '1' };\n`,
      /: it\.threads: expected a whole number/,
    ],
    ['half a thread', `export const it = { ${GOOD}, threads: 0.5 };\n`, /: it\.threads: expected a whole number/],
    ['an id that is no word', `export const it = { ${GOOD}, id: 'My Switch' };\n`, /: it\.id: expected small letters/],
    [
      'a getter that throws',
      `export const it = { ${GOOD}, get title() { throw new Error('no title'); } };\n`,
      /: it\.title: cannot be read: Error: no title/,
    ],
    [
      'a getter within a field that throws',
      `export const it = { ${GOOD}, ports: [{ get x() { return 1; } }], unserved: { get dpdk() { throw 'no'; } } };\n`,
      /: it\.unserved: cannot be read: no \(/,
    ],
    [
      'one that does not want to be looked at',
      `export const it = new Proxy({}, { has() { throw new Error('go away'); }, get() { throw new Error('go away'); } });\n`,
      /: it\.id: cannot be read: Error: go away/,
    ],
    [
      'a limit of frames that is no function',
      `export const it = { ${GOOD}, frameLimit: 1514 };\n`,
      /: it\.frameLimit: expected a function, received number/,
    ],
    ['the id of another', `export const it = { ${GOOD}, id: 'ovs' };\n`, /there is a switch 'ovs' already/],
  ];
  for (const [what, text, message] of refused) {
    it(`is refused in one line: ${what}`, async () => {
      await assert.rejects(loadDrivers([file(text)]), (error) => {
        assert.ok(error instanceof CliError && error.exitCode === EXIT.usage, String(error));
        assert.match(error.message, message);
        assert.match(error.message, /^--switch [^\n]+$/);
        return true;
      });
    });
  }

  it('is read once, and its functions know what they are of', async () => {
    const driver = await loadDriver(
      file(`let reads = 0;
class Mine {
  #start = 'started';
  id = 'mine'; ports = ['netdev']; locations = ['local'];
  get title() { reads += 1; if (reads > 1) throw new Error('again'); return 'Mine'; }
  threads() { return this.#start.length; }
  frameLimit() { return { bytes: this.#start.length, why: 'x' }; }
  hugepageBytes() { return this.#start.length; }
  async probe() { return this.#start; }
  async start() { return this.#start; }
}
export const it = new Mine();
`),
    );
    assert.equal(driver.title, 'Mine');
    assert.equal(driver.title, 'Mine');
    const { threads, frameLimit, hugepageBytes, probe } = driver;
    assert.equal(typeof threads === 'function' && threads(1), 7);
    assert.equal(frameLimit?.('netdev', 'local')?.bytes, 7);
    assert.equal(hugepageBytes?.(2, 1514), 7);
    // What it answers is looked at elsewhere.
    assert.equal(String(await Reflect.apply(probe, undefined, [])), 'started');
  });

  it('is refused where there is none', async () => {
    await assert.rejects(loadDriver('/nosuch.ts'), /--switch \/nosuch\.ts: .*Cannot find module/);
  });

  it('is given up where it waits for what never comes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const loading = assert.rejects(loadDriver(file('await new Promise(() => undefined);\n')), /not read within 30 s/);
    t.mock.timers.tick(30_000);
    await loading;
  });
});
