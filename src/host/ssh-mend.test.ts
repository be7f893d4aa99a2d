// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endlessLogin, refusal, silentLogin, whyEnded } from './ssh-mend.ts';

const byHand = 'ssh -F /etc/lab bench@lab';
const sshSays = (stderr: string) => whyEnded({ exitCode: 255, stderr, heard: '', byHand, withoutAgent: false });

const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:7
Host key for lab has changed and you have requested strict checking.
Host key verification failed.
`;

/** What OpenSSH prints, and what we make of it. */
const SAID: readonly [string, RegExp][] = [
  [
    CHANGED,
    /not the one that line 7 of \/home\/me\/\.ssh\/known_hosts has: remove that line and run '.* true' once if/,
  ],
  [
    '@    WARNING: REVOKED HOST KEY DETECTED!   @\nHost key verification failed.\n',
    /^its host key is marked as revoked/,
  ],
  [
    'No ED25519 host key is known for lab and you have requested strict checking.\r\nHost key verification failed.\r\n',
    /is not known: run 'ssh -F \/etc\/lab bench@lab true' once, and compare the fingerprint$/,
  ],
  [
    "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nPermissions 0644 for '/home/me/my key' are too open.\nbench@lab: Permission denied (publickey).\n",
    /chmod 600 \/home\/me\/my key$/,
  ],
  [
    'bench@lab: Permission denied (publickey,password).\n',
    /none of your keys \(publickey,password\): give it one \(ssh-copy-id -F \/etc\/lab bench@lab\)/,
  ],
  [
    'bench@lab: Permission denied (password,keyboard-interactive).\n',
    /^it takes no keys, only password,keyboard-interactive, /,
  ],
  [
    'Received disconnect from ::1 port 22:2: Too many authentication failures\nDisconnected from ::1 port 22\n',
    /IdentitiesOnly yes/,
  ],
  ['ssh: Could not resolve hostname lab: Name or service not known\n', /^no machine is called lab: /],
  ['ssh: connect to host lab port 2222: Connection refused\n', /^nothing listens on its port 2222: /],
  ['ssh: connect to host lab port 22: Connection timed out\n', /^Connection timed out: check that it is on/],
  [
    'Connection timed out during banner exchange\nConnection to UNKNOWN port 65535 timed out\n',
    /^Connection timed out: /,
  ],
  ['ssh: connect to host lab port 22: No route to host\n', /^No route to host: /],
  [
    '/etc/lab: line 2: Bad configuration option: nosuch\n/etc/lab: terminating, 1 bad configuration options\n',
    /^\/etc\/lab: line 2: Bad configuration option: nosuch: /,
  ],
  // What a command of the user's says on the way is more than that it has ended.
  [
    'tunnel: no such zone\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n',
    /^tunnel: no such zone \(does /,
  ],
  [
    'kex_exchange_identification: Connection closed by remote host\n',
    /^kex_exchange_identification: .* \(does '.* true' work\?\)$/,
  ],
  ['', /^the connection has ended \(does 'ssh -F \/etc\/lab bench@lab true' work\?\)$/],
];

describe('a failure of ssh', () => {
  it('has a sentence of its own, with the mend', () => {
    for (const [stderr, told] of SAID) assert.match(sshSays(stderr), told);
  });
  it('may be that sudo keeps the agent from us, which is told where it is so', () => {
    const stderr = 'bench@lab: Permission denied (publickey).\n';
    const told = (withoutAgent: boolean) => whyEnded({ exitCode: 255, stderr, heard: '', byHand, withoutAgent });
    assert.match(told(true), /sudo --preserve-env=SSH_AUTH_SOCK/);
    assert.doesNotMatch(told(false), /sudo/);
  });
  it('is told in one line', () => {
    for (const [stderr] of SAID) assert.doesNotMatch(sshSays(stderr), /\p{Cc}/u);
  });
  it('is not taken from what a program there has said', () => {
    const stderr = 'backup: Permission denied (publickey).\n';
    assert.match(
      whyEnded({ exitCode: 1, stderr, heard: '', byHand, withoutAgent: false }),
      /^its login ended, saying 'backup: Permission denied/,
    );
  });
  it('may be that there is no ssh', () => {
    assert.match(
      whyEnded({ exitCode: null, stderr: 'spawn ssh ENOENT', heard: '', byHand, withoutAgent: false }),
      /^spawn ssh ENOENT/,
    );
  });
});

describe('a login that does not run what it is given', () => {
  const ended = (heard: string, stderr = '') => whyEnded({ exitCode: 3, stderr, heard, byHand, withoutAgent: false });
  it('is told with its last words, on whichever stream', () => {
    assert.match(
      ended('hello\nThis account is currently not available.\n'),
      /saying 'This account is currently not available\.'/,
    );
    assert.match(
      ended('hello\n', 'open terminal failed: not a terminal\n'),
      /saying 'open terminal failed: not a terminal'/,
    );
  });
  it('is told with its exit code where it has none', () => {
    assert.match(
      ended('\n'),
      /^its login ended with exit code 3 and did not run what it was given: make 'ssh .* true' work/,
    );
  });
  it('cannot write over the terminal, nor at length', () => {
    const told = ended(`\u001b[2J\u0007${'x'.repeat(10_000)}`);
    assert.doesNotMatch(told, /\p{Cc}/u);
    assert.ok(told.length < 500);
    assert.doesNotMatch(silentLogin('Password:\r\u001b[K', 45, byHand), /\p{Cc}/u);
  });
  it('may take too long or print without end', () => {
    assert.match(silentLogin('Choose a project: ', 45, byHand), /longer than 45 s, after saying 'Choose a project:': /);
    assert.match(silentLogin('', 45, byHand), /longer than 45 s: make /);
    assert.match(endlessLogin(byHand), /prints without end: make 'ssh -F \/etc\/lab bench@lab true' quiet/);
  });
});

describe('a machine that does not take the agent', () => {
  const noRoot = (tool: string, why: string) => refusal({ kind: 'no-root', user: 'bench', tool, why }, 'lab', 900_000);
  it('is told with the line that its administrator has to write', () => {
    assert.match(
      noRoot('sudo', 'sudo: a password is required') ?? '',
      /have 'bench ALL=\(root\) NOPASSWD: ALL' in sudoers/,
    );
    assert.match(
      noRoot('sudo', 'sudo: sorry, you must have a tty to run sudo') ?? '',
      /have 'Defaults:bench !requiretty'/,
    );
    assert.match(
      noRoot('doas', 'doas: Authentication required') ?? '',
      /have 'permit nopass bench' in \/etc\/doas\.conf/,
    );
    assert.match(
      refusal({ kind: 'no-tool', user: 'bench' }, 'lab', 900_000) ?? '',
      /^bench is not root on lab, and has no sudo/,
    );
  });
  it('is told how much room it has to make', () => {
    assert.match(refusal({ kind: 'no-folder' }, 'lab', 900_000) ?? '', /make room for 1 MB/);
  });
  it('is not one that is ready', () => {
    assert.equal(refusal({ kind: 'ready', machine: 'x86_64' }, 'lab', 900_000), null);
  });
});
