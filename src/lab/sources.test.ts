// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { mangled } from '../../test/fixtures/fuzz.ts';
import { sourcesFrom, sourcesOfMirror, writtenSources } from './sources.ts';

const LIST = `# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] http://mirror.example/debian bookworm main contrib # ours
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb http://mirror.example/debian bookworm-updates non-free
deb cdrom:[Debian 12]/ bookworm main
deb https://engine.example/linux/debian bookworm stable
`;

const STANZAS = `Types: deb deb-src
# a snapshot
URIs: http://a.example/debian
 http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/own.gpg

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://c.example/debian
Suites: bookworm-backports
Components: contrib main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
`;

const list = (text: string) => sourcesFrom([{ name: 'sources.list', text }]);
const stanzas = (text: string) => sourcesFrom([{ name: 'debian.sources', text }]);

describe('sourcesFrom', () => {
  it('takes lines of the release with main, their keys, and backports from beside it', () => {
    const signedBy = '/k/a.gpg /k/b.gpg';
    assert.deepEqual(list(LIST), [
      { uri: 'http://mirror.example/debian', suite: 'bookworm', signedBy },
      { uri: 'http://mirror.example/debian-security', suite: 'bookworm-security', signedBy: null },
      { uri: 'http://mirror.example/debian', suite: 'bookworm-backports', signedBy },
    ]);
  });

  it('takes stanzas with several addresses and suites, and a key that stands in them', () => {
    const found = stanzas(STANZAS);
    assert.deepEqual(
      found.map(({ uri, suite }) => `${uri} ${suite}`),
      [
        'http://a.example/debian bookworm',
        'http://a.example/debian bookworm-updates',
        'http://b.example/debian bookworm',
        'http://b.example/debian bookworm-updates',
        'http://c.example/debian bookworm-backports',
      ],
    );
    assert.equal(found[0]?.signedBy, '/usr/share/keyrings/own.gpg');
    assert.match(found[4]?.signedBy ?? '', /^\n -----BEGIN[\s\S]*END PGP PUBLIC KEY BLOCK-----$/);
  });

  it('names nothing twice', () => {
    assert.equal(
      sourcesFrom([
        { name: 'a.list', text: LIST },
        { name: 'b.list', text: LIST },
      ]).length,
      3,
    );
  });

  it('finds nothing on Ubuntu, on another release, and where there is nothing', () => {
    assert.deepEqual(list('deb http://archive.ubuntu.com/ubuntu noble main universe\n'), []);
    assert.deepEqual(stanzas(STANZAS.replaceAll('bookworm', 'trixie')), []);
    assert.deepEqual(sourcesFrom([]), []);
  });

  it('reads what it has written', () => {
    for (const sources of [list(LIST), stanzas(STANZAS), sourcesOfMirror('http://m.example/debian', '/k.gpg')]) {
      assert.deepEqual(stanzas(writtenSources(sources)), sources);
    }
  });

  it('takes of mangled files what is in them', () => {
    const random = seededRandom(15);
    for (let round = 0; round < 2000; round += 1) {
      const [a, b] = [mangled(LIST, random), mangled(STANZAS, random)];
      for (const { uri } of list(a)) assert.ok(a.includes(uri), uri);
      for (const { uri } of stanzas(b)) assert.ok(b.includes(uri), uri);
    }
  });
});

describe('sourcesOfMirror', () => {
  it('has the release, its updates and backports of one address', () => {
    assert.deepEqual(
      sourcesOfMirror('http://m.example/debian', '/k.gpg').map(({ suite }) => suite),
      ['bookworm', 'bookworm-updates', 'bookworm-backports'],
    );
  });
});
