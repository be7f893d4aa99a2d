// SPDX-License-Identifier: Apache-2.0
// What people and workers ask of a lab by commands, against a real database: as a newcomer tries it, and in a pipe.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { scriptedBench } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { Database } from '../fleet/database.ts';
import { readOver, register, submit } from '../fleet/lab.ts';
import { addToken } from '../fleet/tokens.ts';
import { openStore } from '../store/store.ts';
import { commands } from './commands/registry.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const QUICK = 'campaigns/quick.yaml';
const QUICK_TITLE = 'A few switches, in three minutes';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('the commands of a lab', { skip: NO_POSTGRES }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-lab-commands-'));
  let postgres: TestPostgres;
  let location: string;
  let database: Database;

  before(async () => {
    mkdirSync(join(folder, 'vswbench'));
    const testbeds = 'testbeds: { lab-1: { near: { host: bench@lab-1.example } } }\n';
    writeFileSync(join(folder, 'vswbench/testbeds.yaml'), testbeds);
    postgres = await startPostgres();
    location = await postgres.fresh();
    openStore(location).close();
    database = await Database.open(location);
  });
  afterEach(() =>
    database.sql(
      'TRUNCATE fleet.submissions, fleet.blocks, fleet.reservations, fleet.shares, fleet.tokens, fleet.testbeds RESTART IDENTITY CASCADE',
    ),
  );
  after(async () => {
    await database?.close();
    await postgres?.stop();
    rmSync(folder, { recursive: true });
  });

  const vswbench = (args: readonly string[], store = location): Promise<Ended> => {
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...args], {
      env: {
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
        ...process.env,
        ...{ VSWBENCH_STORE: store, VSWBENCH_RESULTS: folder, XDG_CONFIG_HOME: folder, TZ: 'UTC' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: ROOT,
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        said[name] += part;
      });
    }
    return new Promise((done) => child.on('close', (code) => done({ code, ...said })));
  };
  /** What it says where all goes well: in a pipe nothing is coloured. */
  const ask = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await vswbench(args);
    assert.equal(code, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes('\u001b'), JSON.stringify(stdout + stderr));
    return stdout;
  };
  /** What it says where something is wrong: one line, and nothing for a program that reads on. */
  const refusal = async (args: readonly string[], code: number, store?: string): Promise<string> => {
    const ended = await vswbench(args, store);
    assert.deepEqual([ended.code, ended.stdout], [code, ''], `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, /^vswbench: [^\n]+\n$/, args.join(' '));
    return ended.stderr;
  };
  const haveTestbeds = async (...names: string[]) => {
    const bench = scriptedBench({
      testbeds: names.map((name) => ({ name, machine: `of-${name}`, kernel: '6.1' })),
      trialMs: 0,
    });
    for (const name of names) {
      await register(database.sql, { name, worker: 'w', ...(await bench.look(name, AbortSignal.abort())) });
    }
  };
  const haveSubmissions = async (count: number) => {
    const asked = { campaignText: 'switch: linux-bridge', priority: 0, testbedLike: null, notBefore: null };
    for (let id = 1; id <= count; id += 1) await submit(database.sql, { user: 'ann', title: `number ${id}`, ...asked });
  };

  it('do what the examples of their help say', async () => {
    await haveTestbeds('lab-1');
    await haveSubmissions(12);
    for (const user of ['ann', 'bob', 'eve']) await addToken(database.sql, { user, isAdmin: false });
    const names = ['submit', 'queue', 'cancel', 'fleet', 'reserve', 'token', 'token add', 'token list', 'token revoke'];
    for (const name of names) {
      const examples = examplesIn(await helpOf(name));
      assert.ok(examples.length > 0, name);
      for (const example of examples) {
        assert.ok(example.join(' ').startsWith(name));
        await ask(...example.map((word) => (word.startsWith('postgres://') ? location : word)));
      }
    }
    // A worker goes on until it is stopped, and measures here only as root.
    const [example = []] = examplesIn(await helpOf('worker'));
    const elsewhere = example.map((word) => (word === 'local' ? 'lab-1' : word));
    assert.match(
      await refusal(
        elsewhere.map((word) => (word.startsWith('postgres://') ? away() : word)),
        1,
      ),
      /reached/,
    );
  });

  it('say what there is to do where there is nothing yet', async () => {
    assert.equal(await ask('queue'), "Nothing waits: 'vswbench submit' adds a campaign.\n");
    assert.equal(await ask('fleet'), "No testbeds yet: 'vswbench worker --testbed NAME' on its machine adds one.\n");
    assert.equal(await ask('reserve', '--list'), 'Nothing is reserved.\n');
    assert.equal(await ask('token', 'list'), "No tokens yet: 'vswbench token add NAME' makes one.\n");
    assert.match(
      await refusal(['reserve', 'lab-1', '2h'], 2),
      /this lab has none yet: 'vswbench worker --testbed NAME'/,
    );
  });

  it('take a campaign from submission to its end', async () => {
    await haveTestbeds('lab-1', 'lab-2');
    const submitted = await ask('submit', QUICK, '--user', 'ann', '--testbed-like', 'cpus>=99', '--priority', '5');
    assert.equal(submitted, 'Submission 1: see vswbench queue; take it back with vswbench cancel 1\n');
    await ask('submit', QUICK, '--user', 'bob', '--at', '2099-12-01T22:00');
    await ask('submit', QUICK, '--user', 'eve', '--at', '2098-12-01T22:00');
    await database.sql('UPDATE fleet.submissions SET not_before = now() WHERE id = 3');
    const queue = await ask('queue');
    assert.match(queue, new RegExp(` 1  ann   ${QUICK_TITLE} +5  \\d{4}-.* 0/\\?  waiting\n`));
    assert.match(queue, /bob .* 0\/\? {2}not before 2099-12-01 22:00 UTC\n/);
    assert.match(queue, /eve .* 0\/\? {2}waiting\n/, 'its time has come');
    assert.match(queue, /\n\n1 waits: lab-1, lab-2: is not cpus>=99\n\n/, 'what the table says is not said again');
    const { queue: rows, users } = JSON.parse(await ask('queue', '--json'));
    assert.deepEqual(rows[0].waits, [
      { testbed: 'lab-1', why: 'lacks', text: 'is not cpus>=99' },
      { testbed: 'lab-2', why: 'lacks', text: 'is not cpus>=99' },
    ]);
    assert.deepEqual(
      users.map(({ user }: { user: string }) => user),
      ['ann', 'bob', 'eve'],
    );
    // Whoever gets into the database may, and hears whose it was.
    assert.equal(await ask('cancel', '1', '--user', 'bob'), `Cancelled submission 1, of ann: ${QUICK_TITLE}\n`);
    const [over] = await readOver(database.sql, 1);
    assert.deepEqual([over?.state, over?.reason], ['cancelled', 'by bob']);
    await database.sql("UPDATE fleet.submissions SET state = 'running', campaign_id = 'x' WHERE id = 2");
    assert.match(await ask('cancel', '2'), /^Cancelled submission 2, of bob: .*; what was measured of it stays in the/);
    assert.match(await refusal(['cancel', '2'], 2), /submission 2 is cancelled already: nothing is left to cancel/);
  });

  it('show what each testbed does and is, and who has it', async () => {
    await haveTestbeds('lab-1', 'lab-2');
    const drifted = { state: 'drifted', since: '2026-03-01T09:59:58.000Z', reason: 'throughput of udp −21 %' };
    await database.sql("UPDATE fleet.testbeds SET health = $1 WHERE name = 'lab-2'", [JSON.stringify(drifted)]);
    const made = await ask('reserve', 'lab-1', '90m', '--user', 'ann', '--why', 'new network card');
    assert.match(
      made,
      /^Reservation 1: lab-1 for ann from .* UTC until .* UTC: new network card; a trial that is under way .*\nTake it/,
    );
    await ask('reserve', 'lab-1', '1d', '--from', '2099-12-01T14:00', '--user', 'bob', '--why', ' ');
    const later = 'lab-1 for bob from 2099-12-01 14:00 UTC until 2099-12-02 14:00 UTC';
    const fleet = await ask('fleet', '--shares', 'ann=2');
    assert.match(fleet, /\nlab-1 +reserved by ann: new network card +\d{4}-.* good /);
    assert.match(fleet, /\nlab-2 +no work +drifted /);
    assert.match(fleet, /\nlab-2: drifted, last good [^:]+:\d\d UTC: throughput of udp −21 %\. Mend it/);
    assert.ok(fleet.includes('\n  vswbench canary --testbed lab-2 --accept WHY\n'), fleet);
    assert.ok(fleet.includes(`\nReserved: ${later}\n`), fleet);
    assert.match(fleet, /\nann +2 +0\.00 +0\.00\n/);
    const { testbeds, reservations } = JSON.parse(await ask('fleet', '--json'));
    assert.deepEqual(
      testbeds.map(({ doing }: { doing: { state: string } }) => doing.state),
      ['reserved', 'shut'],
    );
    assert.deepEqual(JSON.parse(await ask('reserve', '--list', '--json')), { schema: 1, reservations });
    assert.match(await ask('reserve', '--list'), new RegExp(`^1  lab-1 for ann .*: new network card\n2  ${later}\n$`));
    assert.match(
      await refusal(['reserve', 'lab-1', '1h'], 2),
      /ann has lab-1 from .*\(reservation 1\): choose another/,
    );
    assert.equal(await ask('reserve', '--cancel', '2'), `Cancelled reservation 2 (${later})\n`);
    assert.match(await refusal(['reserve', '--cancel', '2'], 2), /no reservation 2 is to come or under way: 'vswbench/);
  });

  it('give tokens to people, and take them back', async () => {
    const { code, stdout, stderr } = await vswbench(['token', 'add', 'ann', '--admin']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^[\w-]{43}\n$/, 'on standard output there is nothing else');
    assert.match(stderr, /^Token 1, of ann, is shown this once: .* vswbench token revoke 1\n$/);
    assert.match(await ask('token', 'list'), /\n +1 {2}ann {3}cancel all {2}\d{4}-/);
    const { tokens } = JSON.parse(await ask('token', 'list', '--json'));
    assert.deepEqual([tokens.length, tokens[0].user, tokens[0].isAdmin, 'hash' in tokens[0]], [1, 'ann', true, false]);
    assert.equal(await ask('token', 'revoke', '1'), 'Revoked token 1, of ann\n');
  });

  it('refuse in one line what cannot be, with the mend, and change nothing', async () => {
    await haveTestbeds('lab-1');
    const refused: [string[], RegExp][] = [
      [['cancel', '99'], /there is no submission 99: 'vswbench queue' shows/],
      [['cancel', 'one'], /'one' is no submission: 'vswbench queue' shows/],
      [['submit', 'nosuch.yaml'], /cannot read the campaign file nosuch\.yaml: .*check that it exists/],
      [['submit', QUICK, '--testbed-like', 'nosuch'], /--testbed-like: \^nosuch: .* known are /],
      [['submit', QUICK, '--priority', 'high'], /--priority: 'high' is no whole number from -1000 to 1000/],
      [['submit', QUICK, '--at', '2020-01-01T00:00'], /--at: '2020-01-01T00:00' is over: give a time to come/],
      [['submit', QUICK, '--testbed', 'lab-1'], /a lab chooses .*--testbed-like, as name=lab-3/],
      [['submit', QUICK, '--user', 'a b'], /--user: 'a b' is no name: give up to 64 letters/],
      [['cancel', '1', '--user', ''], /--user: '' is no name/],
      [['reserve', 'lab-1', '1h', '--user', 'a\u001b[31m'], /is no name/],
      [['reserve', 'nosuch', '2h'], /there is no testbed 'nosuch': this lab has lab-1/],
      [['reserve', 'lab-1', '0h'], /a reservation lasts at least a minute/],
      [['reserve', 'lab-1', '15d'], /'15d' is too long: reserve at most 14 days/],
      [['reserve', 'lab-1', '2h', '--from', '2020-01-01T10:00'], /is over: give a time to come, or leave --from out/],
      [['reserve', 'lab-1'], /name a testbed and how long/],
      [['reserve', '--cancel', '99'], /no reservation 99 .*'vswbench reserve --list'/],
      [
        ['reserve', '--list', '--user', 'ann'],
        /give one of a testbed to reserve, with its options, --list and --cancel/,
      ],
      [['reserve', '--cancel', '1', '--why', 'done'], /give one of a testbed to reserve/],
      [['reserve', 'lab-1', '2h', '--json'], /--json: give it with --list/],
      [['fleet', '--shares', 'ann=0'], /--shares: 'ann=0' gives no shares: write ann=2,bob=1/],
      [['token', 'add', 'a b'], /'a b' is no name/],
      [['token', 'revoke', '9'], /there is no token 9: 'vswbench token list'/],
      [
        ['worker', '--testbed', 'nosuch'],
        /testbed \(--testbed\): 'nosuch' is not known; .* define it in .*testbeds\.yaml/,
      ],
      [['worker'], /required option '--testbed <names>' not specified; see: vswbench worker --help/],
    ];
    await Promise.all(refused.map(async ([args, words]) => assert.match(await refusal(args, 2), words)));
    const { queue, users } = JSON.parse(await ask('queue', '--json'));
    assert.deepEqual([queue, users], [[], []]);
    assert.equal(await ask('reserve', '--list'), 'Nothing is reserved.\n');
  });

  it('say where a lab is kept, and which mend there is where it does not answer', async () => {
    const commands = [
      ...[['submit', QUICK], ['queue'], ['cancel', '1'], ['fleet'], ['reserve', '--list'], ['token', 'list']],
      ['worker', '--testbed', 'lab-1'],
    ];
    await Promise.all(
      commands.map(async (args) => {
        const said = await refusal(args, 2, join(folder, 'results.db'));
        assert.match(said, /a lab is kept in PostgreSQL: name it with --store/);
      }),
    );
    for (const args of [['submit', QUICK], ['queue']]) {
      assert.match(await refusal(args, 1, away()), /cannot be reached \(.*\): check that PostgreSQL runs there/);
    }
    const unmade = location.replace(/\/t1\?/, '/nosuch?');
    assert.match(await refusal(['queue'], 1, unmade), /is a database that does not exist: make it with createdb\(1\)/);
  });

  it('print titles of strangers as text', async () => {
    const file = join(folder, 'red.yaml');
    writeFileSync(file, 'title: "red \\e[31m\\nand more"\nswitch: linux-bridge\n');
    await ask('submit', file, '--user', 'ann');
    assert.match(await ask('queue'), / red .*31m and more /);
    assert.match(await ask('cancel', '1'), /^Cancelled submission 1, of ann: red .*31m and more\n$/);
  });

  /** Where nobody listens. */
  const away = () => `postgres:///lab?host=${encodeURIComponent(folder)}`;
});

/** What `--help` prints of a command, such as `token add`. */
async function helpOf(name: string): Promise<string> {
  const [first, second] = name.split(' ');
  const command = new Command(first);
  (await commands.find((one) => one.name === first)?.load())?.declare(command);
  const asked = second === undefined ? command : command.commands.find((one) => one.name() === second);
  let text = '';
  asked
    ?.configureOutput({
      writeOut(part) {
        text += part;
      },
    })
    .outputHelp();
  return text;
}

/** The commands of a help's examples, in words. */
function examplesIn(help: string): string[][] {
  return [...help.matchAll(/^ {2}\$ (?:sudo )?vswbench (.+)$/gm)].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word),
  );
}
