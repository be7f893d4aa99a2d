// SPDX-License-Identifier: Apache-2.0
// docs/adding-a-parameter.md, followed literally on a copy of the tree: the parameter that it adds is then everywhere, and nothing ranks cases
// that differ in it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'bench', 'scripts', 'docs', 'dataplane', 'package.json', 'tsconfig.json'];
const SHARED = ['node_modules', 'build'];
const NEXT = '// The next one';

/** The most files of TypeScript in which a parameter may have to be written down. */
const FILES_MAX = 4;

const PlayedSchema = z.looseObject({
  title: z.string(),
  keys: z.array(z.string()),
  verdicts: z.array(
    z.object({ group: z.object({ colour: z.string() }), contenders: z.array(z.object({ colour: z.string() })) }),
  ),
  ...{ line: z.string(), terminal: z.string(), page: z.string(), csv: z.string(), document: z.string() },
  rows: z.array(z.looseObject({ colour: z.string() })),
});
const DocumentSchema = z.object({ results: z.array(z.object({ case: z.object({ colour: z.string() }) })) });

let copy = '';
before(() => {
  copy = mkdtempSync(join(tmpdir(), 'vswbench-parameter-'));
  for (const name of COPIED) {
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  }
  mkdirSync(join(root, 'build'), { recursive: true });
  for (const name of SHARED) symlinkSync(join(root, name), join(copy, name));
});
after(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a program of the copy; its standard output. */
function node(...args: readonly string[]): string {
  const env = { ...process.env, VSWBENCH_RESULTS: join(copy, 'results'), NODE_COMPILE_CACHE: '' };
  return execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The steps of the document: what is to be written above the mark of which file. */
function steps(): { file: string; text: string }[] {
  const document = readFileSync(join(root, 'docs/adding-a-parameter.md'), 'utf8');
  return [...document.matchAll(/^ {3}```ts (\S+)\n(.*?)^ {3}```$/gms)].map(([, file = '', text = '']) => ({
    file,
    text: text.replaceAll(/^ {3}/gm, ''),
  }));
}

function follow({ file, text }: { file: string; text: string }): void {
  const path = join(copy, file);
  const lines = readFileSync(path, 'utf8').split('\n');
  const marks = lines.flatMap((line, index) => (line.trim().startsWith(NEXT) ? [index] : []));
  assert.equal(marks.length, 1, `${file} has not one place for what is next`);
  lines.splice(marks[0] ?? 0, 0, text.trimEnd());
  writeFileSync(path, lines.join('\n'));
}

describe('the document on parameters', { timeout: 120_000 }, () => {
  it('asks for few files, and what they make type-checks', () => {
    const asked = steps();
    assert.deepEqual(
      asked.map(({ file }) => file),
      ['src/model/parameters.ts', 'src/store/schema.ts'],
    );
    assert.ok(new Set(asked.map(({ file }) => file)).size <= FILES_MAX);
    for (const step of asked) follow(step);
    const checked = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy, encoding: 'utf8' });
    assert.equal(checked.stdout, '');
    assert.equal(checked.status, 0);
    node('scripts/docs.ts');
    assert.match(
      readFileSync(join(copy, 'docs/data-dictionary.md'), 'utf8'),
      /\| `colour` \| text \| {2}\| what packets/,
    );
    assert.match(readFileSync(join(copy, 'docs/document.schema.json'), 'utf8'), /"default": "red"/);
  });

  it('gives an option that is swept, refused and shown', () => {
    const plan = node(
      'src/cli/main.ts',
      'run',
      '--dry-run',
      '-V',
      'linux-bridge',
      '--io',
      'udp',
      '--colour',
      'red,green',
    );
    assert.match(plan, /^colour red and green over linux-bridge with udp: 2 test cases/m);
    assert.match(plan, /^ {2}colour = red$/m);
    assert.match(plan, /^ {2}colour = green$/m);
    assert.match(node('src/cli/main.ts', 'run', '--help'), /--colour <list> +red \(default\), green/);
    const refused = spawnSync(process.execPath, ['src/cli/main.ts', 'run', '--dry-run', '--colour', 'blue'], {
      ...{ cwd: copy, encoding: 'utf8' },
    });
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /colour \(--colour\): 'blue' is not one of red, green/);
  });

  it('gives a column, a key and a heading, and a line that asks for it again', () => {
    const store = join(copy, 'played.db');
    const played = PlayedSchema.parse(
      JSON.parse(node('test/e2e/played-campaign.child.ts', store, '--colour', 'red,green')),
    );
    const plain = 'throughput local 1vs1 ovs udp P=64 R=max B=64 touch=full wait=poll';
    assert.deepEqual(played.keys.slice(0, 2), [plain, `${plain} colour=green`]);
    assert.equal(played.title, 'colour red and green over ovs and linux-bridge');
    assert.match(played.line, / --colour red,green /);
    assert.match(played.terminal, / colour /);
    assert.match(played.page, />Colour</);
    const [head = '', ...lines] = played.csv.split('\r\n');
    const place = head.split(',').indexOf('colour');
    assert.deepEqual(
      new Set(lines.filter((line) => line !== '').map((line) => line.split(',')[place])),
      new Set(['red', 'green']),
    );
    const { results } = DocumentSchema.parse(JSON.parse(played.document));
    assert.deepEqual(
      results.map((one) => one.case.colour),
      ['red', 'green', 'red', 'green'],
    );
    assert.deepEqual(new Set(played.rows.map(({ colour }) => colour)), new Set(['red', 'green']));
    // Green ones are faster in this play: were colours ranked with each other, they would be in one group.
    assert.deepEqual(
      played.verdicts.map(({ group, contenders }) => [group.colour, ...contenders.map(({ colour }) => colour)]),
      [
        ['red', 'red', 'red'],
        ['green', 'green', 'green'],
      ],
    );
  });

  it('has what is of before measured as it was', () => {
    const store = join(copy, 'before.db');
    copyFileSync(join(root, 'test/fixtures/stores/version-13.db'), store);
    const asked = `
      import { DatabaseSync } from 'node:sqlite';
      import { caseKey } from './src/model/testcase.ts';
      import { openStore } from './src/store/store.ts';
      const store = openStore(process.argv[1]);
      const { cases } = store.load();
      const rows = new DatabaseSync(process.argv[1]).prepare('SELECT case_key FROM cases ORDER BY case_index').all();
      console.log(JSON.stringify(cases.map(({ case: one }, index) => [one.colour, caseKey(one) === rows[index].case_key])));`;
    assert.deepEqual(
      JSON.parse(node('--input-type=module-typescript', '--eval', asked, store)),
      Array.from({ length: 4 }, () => ['red', true]),
    );
  });
});
