// SPDX-License-Identifier: Apache-2.0
// Bundles: written, read back as if an enemy had sent them, and compared with what their trials say.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { z } from 'zod';
import {
  capacityCampaign,
  hostRecord,
  inventory,
  seededRandom,
  storedCampaign,
  storedCase,
  testCase,
} from '../../test/fixtures/campaign.ts';
import { aboutBundle, BUNDLE, manifestText } from '../model/bundle.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { Difference } from '../report/bundle/differences.ts';
import { openFileStore } from '../store/sqlite-store.ts';
import { openStore } from '../store/store.ts';
import { copyAlone, writeBundle } from './bundle.ts';
import { thisMaker } from './bundle-content.ts';
import { openBundle } from './bundle-open.ts';
import { LIMITS, ZipReader } from './bundle-zip.ts';
import { requireHead, requireResult } from './load.ts';
import { verificationOf } from './verify.ts';

let folder: string;
let whole: string;
let files: Record<string, Uint8Array>;

function campaign(id: string, part: Partial<StoredCampaign> = {}): StoredCampaign {
  const throughput = ['linux-bridge', 'ovs'].map((name, index) =>
    storedCase({ case: testCase({ switch: name, rate: 'max' }), pps: 200_000 * (1 + index) }, 6, 0.01, 3 + index),
  );
  const latency = storedCase({ case: testCase({ dimension: 'latency', rate: 1000 }), pps: 1000 }, 2, 0.05);
  return storedCampaign({ id, cases: [...throughput, latency], ...part });
}

/** A results folder with a campaign. */
function save(name: string, one: StoredCampaign): string {
  const path = join(folder, name);
  mkdirSync(path);
  const store = openStore(join(path, BUNDLE.store));
  store.importCampaign(one, (index) => one.cases[index]?.trials ?? []);
  store.close();
  return path;
}

async function bundleOf(name: string, one: StoredCampaign): Promise<string> {
  save(name, one);
  return bundleFrom(name, one.id, join(folder, `${name}.zip`));
}

async function bundleFrom(name: string, id: string, path: string): Promise<string> {
  const store = openStore(join(folder, name, BUNDLE.store));
  const alone = join(folder, `${name}.db`);
  rmSync(alone, { force: true });
  copyAlone(store, requireHead(store, id), alone);
  store.close();
  await writeBundle(alone, aboutBundle(id, thisMaker(), 'CC-BY-4.0'), path);
  return path;
}

/** The bundle with some files changed; with a manifest of what is in it then, where that is forged as well. */
function forged(changes: Record<string, Uint8Array | string>, manifest: 'kept' | 'forged'): string {
  const contents: Record<string, Uint8Array> = { ...files };
  for (const [name, bytes] of Object.entries(changes)) {
    contents[name] = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  }
  if (manifest === 'forged') {
    const listed = Object.entries(contents)
      .filter(([name]) => name !== BUNDLE.manifest)
      .map(([name, bytes]) => ({ name, sha256: createHash('sha256').update(bytes).digest('hex') }));
    contents[BUNDLE.manifest] = new TextEncoder().encode(manifestText(listed));
  }
  return zipOf(contents);
}

function zipOf(contents: Zippable): string {
  const path = join(folder, 'forged.zip');
  writeFileSync(path, zipSync(contents, { level: 1 }));
  return path;
}

async function differences(path: string): Promise<Difference[]> {
  return (await verificationOf(openBundle(path))).differences;
}

/** The store of the bundle after a statement. */
function storeAfter(sql: string): Uint8Array {
  const path = join(folder, 'changed.db');
  writeFileSync(path, files[BUNDLE.store] ?? assert.fail());
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return readFileSync(path);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vswbench-bundle-test-'));
  whole = await bundleOf('whole', campaign('whole'));
  files = unzipSync(readFileSync(whole));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a bundle', () => {
  it('is the same in every byte when it is made again', async () => {
    const again = await bundleFrom('whole', 'whole', join(folder, 'again.zip'));
    assert.ok(readFileSync(again).equals(readFileSync(whole)));
  });

  it('agrees with itself', async () => {
    const verification = await verificationOf(openBundle(whole));
    assert.deepEqual(verification.differences, []);
    assert.equal(verification.trials, 14);
    assert.ok(verification.sameProgram);
  });

  it('has figures that stand alone', () => {
    const drawn = Object.entries(files).filter(([name]) => name.startsWith('figures/'));
    assert.ok(drawn.length >= 2, Object.keys(files).join(' '));
    for (const [name, bytes] of drawn) {
      const svg = new TextDecoder().decode(bytes);
      assert.match(svg, /<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/, name);
      assert.doesNotMatch(svg, /var\(--/, name);
    }
  });

  it('has each of its files in the manifest', () => {
    const lines = new TextDecoder().decode(files[BUNDLE.manifest]).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.slice(66)).sort(),
      Object.keys(files)
        .filter((name) => name !== BUNDLE.manifest)
        .sort(),
    );
  });

  it('has a search that was cut short, and of it nothing of who measured it', () => {
    const [store, alone] = ['searched.db', 'searched-alone.db'].map((name) => join(folder, name)) as [string, string];
    const [load] = capacityCampaign().cases[0]?.trials[0]?.measurement?.search?.loads ?? [];
    assert.ok(load);
    const given = openStore(store);
    given.createCampaign(capacityCampaign());
    given.saveLoad(capacityCampaign().id, 1, 7, { ...load, disturbances: ['a build in /home/ada/ovs'] });
    copyAlone(given, requireHead(given, capacityCampaign().id), alone);
    given.close();
    const copied = openStore(alone);
    const loads = [{ ...load, disturbances: ['a build in ~/ovs'] }];
    assert.deepEqual(copied.searches(capacityCampaign().id), [{ caseIndex: 1, ordinal: 7, loads }]);
    copied.close();
  });

  it('has nothing of who measured it', async () => {
    const host = hostRecord({
      name: 'ada@lab-1',
      inventory: inventory({
        kernelCommandLine: 'quiet auth_token=hunter2',
        versions: { ovs: '3.1 in /home/ada/ovs' },
      }),
    });
    const [first, ...rest] = campaign('x').cases;
    assert.ok(first);
    const [ran, ...others] = first.trials;
    assert.ok(ran);
    const failed = { outcome: 'failed', step: 'switch', reason: 'no /root/secret/plan and /home/ada/x' } as const;
    const cases = [{ ...first, trials: [{ ...ran, outcome: failed }, ...others] }, ...rest];
    const path = await bundleOf('private', campaign('private', { hosts: [host], cases }));
    assert.deepEqual(await differences(path), []);
    for (const [name, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
      const text = Buffer.from(bytes).toString('latin1');
      for (const secret of ['/home/ada', '/root/', 'ada@', 'hunter2'])
        assert.ok(!text.includes(secret), `${name}: ${secret}`);
    }
  });
});

describe('a changed bundle', () => {
  it('is found out by any byte of any of its files', async () => {
    const random = seededRandom(18);
    const flipped = (bytes: Uint8Array) => {
      const copy = bytes.slice();
      const place = Math.floor(random() * copy.length);
      copy[place] = (copy[place] ?? 0) ^ (1 << Math.floor(random() * 8));
      return copy;
    };
    const names = Object.keys(files).filter((name) => name !== BUNDLE.manifest && name !== BUNDLE.about);
    for (let round = 0; round < 3; round += 1) {
      const changes = Object.fromEntries(names.map((name) => [name, flipped(files[name] ?? assert.fail())]));
      const found = await differences(forged(changes, 'kept'));
      for (const name of names)
        assert.ok(
          found.some((one) => one.file === name && one.where === 'SHA-256'),
          name,
        );
    }
  });

  it('is found out by a file too many, and by one that is missing', async () => {
    assert.equal((await differences(forged({ 'figures/new.svg': '<svg/>' }, 'kept')))[0]?.file, 'figures/new.svg');
    const { [BUNDLE.document]: _, ...rest } = files;
    const found = await differences(zipOf(rest));
    assert.ok(found.some(({ file, derived }) => file === BUNDLE.document && derived === null));
  });

  it('is found out by each figure of its store, whatever its manifest says', async () => {
    const changes = [
      [
        'UPDATE samples SET received_packets = received_packets + 1 WHERE trial_id = 1 AND position = 3',
        'tables/samples.csv',
        /^case 0, round 1, .*received_packets/,
      ],
      [
        "UPDATE histograms SET buckets_json = replace(buckets_json, ',1],', ',2],')",
        'tables/histograms.csv',
        /^case 2, /,
      ],
      [
        'UPDATE trials SET throughput_pps = throughput_pps * 1.02 WHERE trial_id = 1',
        BUNDLE.document,
        /^results\[0\]\.summary\.throughputPps/,
      ],
      [
        "UPDATE trials SET outcome = 'invalid', reason = 'x' WHERE trial_id = 2",
        BUNDLE.document,
        /^results\[0\]\.trials\[1\]\.outcome/,
      ],
      [
        `UPDATE trials SET flags_json = '["disturbed"]' WHERE trial_id = 3`,
        BUNDLE.document,
        /^results\[0\]\.trials\[2\]\.flags/,
      ],
      [
        "UPDATE trials SET ledgers_json = '[]' WHERE trial_id = 1",
        BUNDLE.document,
        /^results\[0\]\.trials\[0\]\.ledgers/,
      ],
      ["UPDATE hosts SET cpu_model = 'faster'", BUNDLE.machines, /cpuModel$/],
    ] as const;
    const sql = changes.map(([statement]) => statement).join(';');
    const found = await differences(forged({ [BUNDLE.store]: storeAfter(sql) }, 'forged'));
    for (const [statement, file, where] of changes) {
      assert.ok(
        found.some((one) => one.file === file && where.test(one.where) && one.told !== one.derived),
        `${statement}: ${JSON.stringify(found.filter((one) => one.file === file).slice(0, 5))}`,
      );
    }
  });

  it('is found out by a verdict that its trials do not support', async () => {
    const document = new TextDecoder().decode(files[BUNDLE.document]);
    assert.match(document, /"verdict":"order"/);
    const found = await differences(
      forged({ [BUNDLE.document]: document.replace('"winner":1', '"winner":0') }, 'forged'),
    );
    assert.deepEqual(found[0], { file: BUNDLE.document, where: 'verdicts[0].winner', told: '0', derived: '1' });
  });

  it('is found out where every file was made anew from figures that the raw data contradict', async () => {
    const changes = [
      ['UPDATE latencies SET p50_ns = p50_ns / 2', /^trial 2\/1: rtt\.p50$/],
      ['UPDATE trials SET throughput_pps = throughput_pps * 1.2 WHERE case_index = 1', /^trial 1\/1: throughputPps$/],
      [
        'UPDATE samples SET received_packets = received_packets + 1000000 WHERE trial_id = 1 AND position = 5',
        /^trial 0\/1: samples\[\d+\]/,
      ],
    ] as const;
    const store = join(folder, 'anew.db');
    writeFileSync(store, storeAfter(changes.map(([statement]) => statement).join(';')));
    const path = join(folder, 'anew.zip');
    await writeBundle(store, aboutBundle('whole', thisMaker(), 'CC-BY-4.0'), path);
    const found = await differences(path);
    assert.deepEqual([...new Set(found.map((one) => one.file))], [BUNDLE.store]);
    for (const [statement, figure] of changes)
      assert.ok(
        found.some((one) => figure.test(one.where)),
        statement,
      );
  });

  it('of another vswbench is compared by its numbers, and not by its words', async () => {
    const about = JSON.stringify(
      aboutBundle('whole', { vswbench: '0.0.9', node: 'v24.0.0', sources: 'x' }, 'CC-BY-4.0'),
    );
    const page = { [BUNDLE.about]: about, [BUNDLE.report]: '<p>other words</p>' };
    const document = new TextDecoder().decode(files[BUNDLE.document]);
    assert.deepEqual(await differences(forged(page, 'forged')), []);
    const faster = document.replace(/"median":(\d)/, '"median":9$1');
    assert.equal((await differences(forged({ ...page, [BUNDLE.document]: faster }, 'forged'))).length, 1);
  });
});

describe('what is no bundle is refused before it is unpacked', () => {
  for (const [what, contents, reason] of [
    ['that leads up', () => ({ ...files, '../evil': new Uint8Array(3) }), /leads out of the bundle/],
    ['that leads away', () => ({ ...files, '/etc/passwd': new Uint8Array(3) }), /leads out of the bundle/],
    ['with a backslash', () => ({ ...files, 'a\\b': new Uint8Array(3) }), /characters/],
    ['that bursts', () => ({ ...files, bomb: new Uint8Array(16 * 2 ** 20) }), /grows from/],
    [
      'with too many files',
      () => ({
        ...files,
        ...Object.fromEntries(Array.from({ length: LIMITS.entries }, (_, i) => [`f${i}`, new Uint8Array(0)])),
      }),
      /more than 1000 files/,
    ],
    ['without a manifest', () => ({ a: new Uint8Array(3) }), /is not a/],
    [
      'of a later form',
      () => ({ ...files, [BUNDLE.about]: new TextEncoder().encode('{"bundle":2}') }),
      /update vswbench/,
    ],
  ] as const) {
    it(`one ${what}`, () => {
      const path = zipOf(contents());
      assert.throws(() => openBundle(path), { name: 'CliError', exitCode: 2, message: reason });
    });
  }

  it('one that is there twice, none, empty, or a text', () => {
    const path = join(folder, 'twice.zip');
    const bytes = Buffer.from(zipSync({ aaaa: new Uint8Array(3), bbbb: new Uint8Array(3) }));
    for (let at = bytes.indexOf('bbbb'); at >= 0; at = bytes.indexOf('bbbb')) bytes.write('aaaa', at);
    writeFileSync(path, bytes);
    assert.throws(() => openBundle(path), /is there twice/);
    for (const text of ['', 'PK', 'no zip at all, but long enough to have had an end of its directory']) {
      writeFileSync(path, text);
      assert.throws(() => openBundle(path), { exitCode: 2, message: /is not a ZIP file/ });
    }
  });

  it('one cut short anywhere, which never throws what is no message', () => {
    const bytes = readFileSync(whole);
    const path = join(folder, 'short.zip');
    const random = seededRandom(3);
    for (let count = 0; count < 20; count += 1) {
      writeFileSync(path, bytes.subarray(0, Math.floor(random() * bytes.length)));
      assert.throws(() => openBundle(path), { name: 'CliError' });
    }
  });

  it('a store that would run something, or is another’s', async () => {
    for (const sql of [
      'CREATE TRIGGER evil AFTER INSERT ON case_summaries BEGIN DELETE FROM trials; END',
      "CREATE VIEW other AS SELECT load_extension('x')",
      'PRAGMA application_id = 1',
    ]) {
      const found = await differences(forged({ [BUNDLE.store]: storeAfter(sql) }, 'forged'));
      assert.match(found[0]?.derived ?? '', /is not a results file/, sql);
    }
  });

  it('does not believe a summary that the store kept by the very rules of today', async () => {
    const path = join(folder, 'kept.db');
    writeFileSync(path, files[BUNDLE.store] ?? assert.fail());
    const store = openFileStore(path);
    requireResult(store, 'whole');
    store.seal();
    store.close();
    const db = new DatabaseSync(path);
    const set = "UPDATE case_summaries SET summary_json = json_set(summary_json, '$.reason', 'made up')";
    assert.equal(Number(db.prepare(set).run().changes), 3);
    db.close();
    const found = await differences(forged({ [BUNDLE.store]: readFileSync(path) }, 'forged'));
    // Its hash is another, and nothing that follows from it.
    assert.deepEqual([...new Set(found.map((one) => one.file))], [BUNDLE.crate]);
  });

  it('reads damaged bytes as damaged', () => {
    const bytes = Buffer.from(readFileSync(whole));
    bytes.fill(0xff, 2000, 2400);
    const path = join(folder, 'damaged.zip');
    writeFileSync(path, bytes);
    assert.throws(() => new ZipReader(path).read(BUNDLE.store), { name: 'CliError', exitCode: 1, message: /damaged/ });
  });
});

describe('the crate', () => {
  // The properties that RO-Crate 1.2 demands of descriptor and root, and what it says of files and licences.
  const Entity = z.looseObject({ '@id': z.string(), '@type': z.union([z.string(), z.array(z.string())]) });
  const Crate = z.strictObject({
    '@context': z.literal('https://w3id.org/ro/crate/1.2/context'),
    '@graph': z.array(Entity),
  });
  const Reference = z.strictObject({ '@id': z.string() });
  const Root = z.looseObject({
    '@type': z.literal('Dataset'),
    name: z.string().min(1),
    description: z.string().min(1),
    datePublished: z.iso.date(),
    license: Reference,
    hasPart: z.array(Reference),
  });

  it('is a sound RO-Crate 1.2, and describes every file', () => {
    const { '@graph': graph } = Crate.parse(JSON.parse(new TextDecoder().decode(files[BUNDLE.crate])));
    const byId = new Map(graph.map((entity) => [entity['@id'], entity]));
    assert.equal(byId.size, graph.length, 'an id stands for one entity');
    const descriptor = byId.get('ro-crate-metadata.json');
    assert.equal(descriptor?.['@type'], 'CreativeWork');
    assert.deepEqual(descriptor?.about, { '@id': './' });
    assert.deepEqual(descriptor?.conformsTo, { '@id': 'https://w3id.org/ro/crate/1.2' });
    const root = Root.parse(byId.get('./'));
    const license = byId.get(root.license['@id']);
    assert.ok(license?.name && license.description);
    for (const { '@id': id } of root.hasPart) {
      assert.ok(files[id], id);
      assert.equal(byId.get(id)?.['@type'], 'File');
      assert.equal(byId.get(id)?.sha256, createHash('sha256').update(files[id]).digest('hex'));
    }
    const described = [BUNDLE.crate, BUNDLE.manifest, ...root.hasPart.map((part) => part['@id'])];
    assert.deepEqual(described.sort(), Object.keys(files).sort());
    const referred = JSON.stringify(graph).matchAll(/\{"@id":"([^"]*)"\}/g);
    for (const [, id = ''] of referred) assert.ok(byId.has(id) || id.startsWith('https://w3id.org/ro/crate/'), id);
  });
});

describe('commands take bundles and folders alike', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [resolve('src/cli/main.ts'), ...words], {
      encoding: 'utf8',
      env: { ...process.env, VSWBENCH_RESULTS: join(folder, 'nothing'), TMPDIR: temporary() },
    });
  const temporary = () => {
    const path = join(folder, 'temporary');
    mkdirSync(path, { recursive: true });
    return path;
  };

  it('compare, show, export and verify, and leave nothing behind', async () => {
    const other = await bundleOf('other', campaign('other'));
    const compared = run('compare', join(folder, 'whole'), other, '--json');
    assert.match(compared.stdout, /"verdict":"no difference"/, compared.stderr);
    assert.match(run('show', whole).stdout, /linux-bridge/);
    const refused = run(
      'export',
      forged({ [BUNDLE.store]: storeAfter("UPDATE trials SET outcome = 'failed'") }, 'kept'),
    );
    assert.match(refused.stderr, /^vswbench: .*vswbench verify .*\n$/);
    assert.equal(run('verify', forged({ [BUNDLE.report]: 'x' }, 'kept')).status, 1);
    const none = run('verify', join(folder, 'none.zip'));
    assert.equal(none.status, 2);
    assert.match(none.stderr, /^vswbench: .*none.zip does not exist: .*\n$/);
    assert.deepEqual(readdirSync(temporary()), []);
  });

  it('and a signal leaves nothing behind either', async () => {
    const script = `import { withFolder } from ${JSON.stringify(resolve('src/cli/temporary.ts'))};
      await withFolder((folder) => { process.stdout.write(folder + '\\n'); return new Promise((done) => setTimeout(done, 1e6)); });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const path = String(line).trim();
    assert.ok(existsSync(path));
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.ok(!existsSync(path));
  });
});
