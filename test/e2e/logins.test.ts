// SPDX-License-Identifier: Apache-2.0
// Logins as administrators set them up, on machines behind a real sshd: each just works, or is told in one line with the mend, and nothing
// is left there. Only the contact, no measurement.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { connectHost } from '../../src/host/connect.ts';
import { type ConnectedHost, HostError } from '../../src/host/host.ts';
import { HOME, type Login, LoginMachine, Programs, USER } from './login-machine.ts';
import { cannotMeasure, root, suite, until } from './machine.ts';
import { cannotSsh } from './sshd.ts';

const AGENT = join(root, 'build/dataplane/hostagent');

/** A login with sudo, as most are; `rules` of sudoers unless the user may do all. */
function withSudo(login: Login = {}, rules = `${USER} ALL=(ALL) NOPASSWD: ALL`): Login {
  const { packages = [], files = {} } = login;
  return { ...login, packages: ['sudo', ...packages], files: { ...files, [`/etc/sudoers.d/${USER}`]: `${rules}\n` } };
}

/** A login whose shell is this one, with what a file of its says first. */
const withShell = (shell: string, file?: string, text = '', packages: readonly string[] = []) =>
  withSudo({ shell, packages, files: file === undefined ? {} : { [join(HOME, file)]: text } });

const REMOVE_SUDO = 'rm -f /usr/bin/sudo';
const onTemporary = (command: string) => `for d in /tmp /var/tmp /dev/shm /run /home; do ${command} $d; done`;

/** What makes no difference. */
const WORKING: Readonly<Record<string, Login>> = {
  'sudo without a password': withSudo(),
  'sudo with a terminal of its own and no search path': withSudo(
    {},
    `Defaults use_pty, secure_path=/nonexistent\n${USER} ALL=(ALL) NOPASSWD: ALL`,
  ),
  doas: { packages: ['opendoas'], setup: REMOVE_SUDO, files: { '/etc/doas.conf': `permit nopass ${USER}\n` } },
  tcsh: withShell('/bin/tcsh', '.cshrc', 'echo hello\n', ['tcsh']),
  csh: withShell('/bin/bsd-csh', '.cshrc', 'echo hello\n', ['csh']),
  fish: withShell('/usr/bin/fish', '.config/fish/config.fish', 'echo -n hello\n', ['fish']),
  zsh: withShell('/bin/zsh', '.zshenv', 'print -n hello\n', ['zsh']),
  'a restricted shell': withShell('/bin/rbash'),
  'a login that prints, without a last line end': withShell(
    '/bin/bash',
    '.bashrc',
    'echo Welcome; printf "to the lab"\n',
  ),
  'a login that makes shells strict, and masks all rights': withShell(
    '/bin/bash',
    '.bashrc',
    'umask 777; set -Ceu; export SHELLOPTS\n',
  ),
  'a banner, a message of the day, one session without a terminal, and a forced command that passes ours on': withSudo({
    files: { '/etc/banner': 'Authorized use only\n', '/etc/motd': 'Hello\n' },
    sshd: ['Banner /etc/banner', 'PermitTTY no', 'MaxSessions 1', 'ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"'],
  }),
  'folders for temporary files that are full, or run nothing': withSudo({
    setup: 'mount -o remount,size=200k /tmp; mount -o remount,noexec /var/tmp; mount -o remount,ro /dev/shm',
  }),
  'a home that is read-only': withSudo({ setup: 'mount -o remount,ro /home' }),
  'a configuration of ssh that is for terminals': withSudo({
    ssh: [
      ...['RequestTTY force', 'RemoteCommand tmux new-session -A', 'Compression yes', 'LocalForward 22 localhost:22'],
      ...['ControlMaster auto', 'ControlPath /nonexistent/%C', 'ControlPersist yes', 'SetEnv LANG=de_DE.UTF-8'],
      ...['PermitLocalCommand yes', 'LocalCommand echo connected'],
    ],
  }),
  'an address of IPv6': withSudo({ address: '::1' }),
};

/** What is refused, and what is said of it. */
const REFUSED: Readonly<Record<string, [Login, RegExp]>> = {
  'sudo with a password': [withSudo({}, `${USER} ALL=(ALL) ALL`), /sudo: a password is required.*NOPASSWD: ALL/],
  'sudo for some commands only': [withSudo({}, `${USER} ALL=(ALL) NOPASSWD: /usr/sbin/reboot`), /NOPASSWD: ALL/],
  'sudo that wants a terminal': [
    withSudo({}, `Defaults requiretty\n${USER} ALL=(ALL) NOPASSWD: ALL`),
    /have 'Defaults:bench !requiretty' in sudoers/,
  ],
  'sudo whose programs may start none': [
    withSudo({}, `Defaults noexec\n${USER} ALL=(ALL) NOPASSWD: ALL`),
    /by sudo \('.*: Permission denied'\)/,
  ],
  'doas with a password': [
    { packages: ['opendoas'], setup: REMOVE_SUDO, files: { '/etc/doas.conf': `permit ${USER}\n` } },
    /have 'permit nopass bench'/,
  ],
  'neither sudo nor doas': [
    { setup: `${REMOVE_SUDO} /usr/bin/doas` },
    /^bench is not root on vswt-login, and has no sudo there/,
  ],
  'a shell for nobody': [withShell('/usr/sbin/nologin'), /saying 'This account is currently not available\.'/],
  'a shell that finds no programs': [
    withShell('/bin/bash', '.bashrc', 'PATH=/opt\n'),
    /saying 'bash: .*sh: .*not found'/,
  ],
  'a login that becomes something else': [
    withShell('/bin/bash', '.bashrc', 'exec cat /nonexistent\n'),
    /saying 'cat: .*\.bashrc/,
  ],
  'a login that prints without end': [withShell('/bin/bash', '.bashrc', 'yes\n'), /prints without end/],
  'a forced command': [withSudo({ sshd: ['ForceCommand echo backups only'] }), /saying 'backups only'.*ForceCommand/],
  'no session at all': [withSudo({ sshd: ['MaxSessions 0'] }), /has ended \(does 'ssh .* true' work\?\)$/],
  'no folder that runs a program': [
    withSudo({ setup: onTemporary('mount -o remount,noexec') }),
    /^no folder of vswt-login takes a program/,
  ],
  'no folder with room': [withSudo({ setup: onTemporary('mount -o remount,size=200k') }), /make room for 1 MB/],
  'a password only': [withSudo({ sshd: ['PubkeyAuthentication no', 'PasswordAuthentication yes'] }), /takes no keys/],
  'no standard input': [withSudo({ ssh: ['StdinNull yes'] }), /only 0 of \d+ bytes of the agent arrived.*StdinNull/],
  'an unknown host key': [withSudo({ ssh: ['UserKnownHostsFile /dev/null'] }), /is not known: run 'ssh .* true' once/],
  'a proxy that says why': [
    withSudo({ ssh: ['ProxyCommand sh -c "echo no such zone >&2; exit 1"'] }),
    /by ssh: no such zone /,
  ],
};

suite('a login', cannotMeasure || cannotSsh, () => {
  let programs: Programs;
  before(() => {
    execFileSync('make', ['--silent', '-C', join(root, 'dataplane'), '../build/dataplane/hostagent']);
    programs = new Programs();
  });
  after(() => programs.remove());

  /** Skips the test where the machine cannot be made. */
  async function onMachine(t: TestContext, login: Login, use: (machine: LoginMachine) => Promise<void>): Promise<void> {
    if (!programs.have(login.packages ?? [])) {
      t.skip(`needs ${login.packages?.join(', ')}, and apt-get cannot have it`);
      return;
    }
    const machine = await LoginMachine.start(login, programs);
    try {
      await use(machine);
    } finally {
      await machine.stop();
    }
  }

  const connect = ({ sshConfig }: LoginMachine) => connectHost({ host: 'vswt-login', sshConfig }, AGENT);

  async function assertWorks(machine: LoginMachine): Promise<void> {
    const host = await connect(machine);
    try {
      assert.equal((await host.run(['id', '-u'])).stdout, '0');
      assert.deepEqual(machine.leftovers(), []);
    } finally {
      await host.close();
    }
  }

  async function assertRefused(machine: LoginMachine, why: RegExp): Promise<void> {
    await assert.rejects(connect(machine), (error) => {
      assert.ok(error instanceof HostError);
      assert.match(error.message, why);
      assert.match(error.message, /^[^\n]{1,500}$/);
      return true;
    });
    await until(() => machine.leftovers().length === 0);
  }

  // Each machine has its own processes and folders, and nothing is measured.
  const sideBySide = { concurrency: 2 };

  describe('works in spite of', sideBySide, () => {
    for (const [name, login] of Object.entries(WORKING)) it(name, (t) => onMachine(t, login, assertWorks));

    it('a jump on the way, whose ssh knows nothing of ours', (t) =>
      onMachine(t, withSudo({ ssh: ['ProxyJump vswt-jump'] }), async (machine) => {
        appendFileSync(machine.sshConfig, jumpHost(machine));
        await assertWorks(machine);
      }));

    it('a connection that is shared already, and full', (t) =>
      onMachine(t, withSudo({ sshd: ['MaxSessions 1'] }), async (machine) => {
        appendFileSync(machine.sshConfig, `  ControlPath ${machine.sshConfig}-shared\n`);
        const shared = spawn('ssh', ['-F', machine.sshConfig, '-M', 'vswt-login', 'sleep 1000'], { stdio: 'ignore' });
        try {
          await until(() => machine.runs('sleep'));
          await assertWorks(machine);
          assert.ok(machine.runs('sleep'));
        } finally {
          shared.kill();
        }
      }));
  });

  describe('is refused, with the mend, for', sideBySide, () => {
    for (const [name, [login, why]] of Object.entries(REFUSED)) {
      it(name, (t) => onMachine(t, login, (machine) => assertRefused(machine, why)));
    }

    it('a host key that has changed', (t) =>
      onMachine(t, withSudo(), async (machine) => {
        const [address] = readFileSync(machine.knownHosts, 'utf8').split(' ');
        writeFileSync(
          machine.knownHosts,
          `# another one\n${address} ${readFileSync(`${machine.userKey}.pub`, 'utf8')}`,
        );
        await assertRefused(machine, /not the one that line 2 of \S+known_hosts has: remove that line/);
      }));

    it('the unknown host key of a jump host, about which nobody is asked', (t) =>
      onMachine(t, withSudo({ ssh: ['ProxyJump vswt-jump'] }), async (machine) => {
        appendFileSync(
          machine.sshConfig,
          jumpHost(machine).replace(/UserKnownHostsFile .*/, 'UserKnownHostsFile /dev/null'),
        );
        await assertRefused(machine, /or that of a jump host, is not known/);
      }));

    it('a key with a passphrase, without an agent that has it', (t) =>
      onMachine(t, withSudo(), async (machine) => {
        execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', machine.userKey]);
        await assertRefused(machine, /none of your keys .*ssh-add/);
      }));

    it('a key that others may read', (t) =>
      onMachine(t, withSudo(), async (machine) => {
        execFileSync('chmod', ['644', machine.userKey]);
        await assertRefused(machine, /chmod 600 \S+user_key$/);
      }));
  });

  it("is that of who called sudo, unless the configuration that is named is root's", (t) =>
    onMachine(t, withSudo(), async (machine) => {
      const nobody = 65534;
      const sees = join(dirname(machine.sshConfig), 'who');
      appendFileSync(machine.sshConfig, `Match exec "id -u >>${sees}; echo $HOME >>${sees}"\n`);
      const invoked = { SUDO_UID: String(nobody), SUDO_GID: String(nobody) };
      Object.assign(process.env, invoked);
      try {
        await assertWorks(machine);
        assert.match(readFileSync(sees, 'utf8'), /^0\n/);
        execFileSync('chown', ['-R', String(nobody), dirname(machine.sshConfig)]);
        writeFileSync(sees, '');
        await assertWorks(machine);
        assert.equal(readFileSync(sees, 'utf8'), '65534\n/nonexistent\n');
      } finally {
        for (const name of Object.keys(invoked)) delete process.env[name];
      }
    }));

  it('that is cut off leaves nothing running, though sudo is between', (t) =>
    onMachine(t, withSudo({}, `Defaults use_pty\n${USER} ALL=(ALL) NOPASSWD: ALL`), async (machine) => {
      const host: ConnectedHost = await connect(machine);
      const sleeper = host.run(['sleep', '1000']);
      await until(() => machine.runs('sleep'));
      machine.cutOff();
      assert.equal((await sleeper).exitCode, null);
      await until(() => !machine.runs('sleep') && !machine.runs('agent') && !machine.runs('sudo'));
      assert.deepEqual(machine.leftovers(), []);
    }));
});

/** The machine as a jump host to itself. */
function jumpHost({ sshConfig }: LoginMachine): string {
  return readFileSync(sshConfig, 'utf8')
    .replace('Host vswt-login', 'Host vswt-jump')
    .replace(/ +ProxyJump .*\n/, '');
}
