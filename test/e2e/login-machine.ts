// SPDX-License-Identifier: Apache-2.0
// A machine as its administrator set it up, behind a real sshd on the loopback address. It has its own /etc, /usr, /home and folders for
// temporary files, in mounts that go with its processes: users, shells and privileges are never those of the machine that tests run on.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './sshd.ts';

/** The user on whose name we log in. */
export const USER = 'bench';

/** How a machine, its user and the way to it differ from the plainest. */
export interface Login {
  /** The user's shell; `/bin/sh` unless told. */
  shell?: string;
  /** Programs that the machine needs beside its base system, by the names of their packages. */
  packages?: readonly string[];
  /** Files on the machine, by path; those in the user's home are the user's. */
  files?: Readonly<Record<string, string>>;
  /** What root does there before anybody logs in, in the language of sh(1). */
  setup?: string;
  /** Further lines of sshd's configuration. */
  sshd?: readonly string[];
  /** Further lines of our ssh's configuration for the machine. */
  ssh?: readonly string[];
  /** An address of this machine to listen on; 127.0.0.1 unless told. */
  address?: string;
}

/** The user's folder. */
export const HOME = `/home/${USER}`;
/** Folders that the agent may be received into. */
const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm', '/run', HOME];

/** What the tests' machines have beside a base system. */
const PACKAGES = ['sudo', 'opendoas', 'tcsh', 'csh', 'fish', 'zsh'];

/** Packages of the distribution; those that are not installed are unpacked for the tests' machines, and for nobody else. */
export class Programs {
  readonly root = mkdtempSync(join(tmpdir(), 'vswbench-programs-'));
  private readonly here = new Set(PACKAGES.filter(isInstalled));

  constructor() {
    for (const top of ['usr', 'etc']) mkdirSync(join(this.root, top));
    const missing = PACKAGES.filter((name) => !this.here.has(name));
    const known = new Set(
      apt('apt-cache', 'madison', ...missing)
        .match(/^ *\S+/gm)
        ?.map((name) => name.trim()),
    );
    const available = missing.filter((name) => known.has(name));
    const plan = apt('apt-get', '--simulate', '--no-install-recommends', 'install', ...available);
    if (this.unpack([...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name))) {
      for (const name of available) this.here.add(name);
    }
  }

  have(names: readonly string[]): boolean {
    return names.every((name) => this.here.has(name));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private unpack(names: readonly string[]): boolean {
    if (spawnSync('apt-get', ['-q', 'download', ...names], { cwd: this.root }).status !== 0) return false;
    for (const file of readdirSync(this.root).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['--extract', join(this.root, file), this.root]);
    }
    // Packages of before the merge of /usr.
    for (const top of ['bin', 'sbin', 'lib'].filter((name) => existsSync(join(this.root, name)))) {
      cpSync(join(this.root, top), join(this.root, 'usr', top), { recursive: true, verbatimSymlinks: true });
    }
    return true;
  }
}

function isInstalled(name: string): boolean {
  return / installed$/m.test(spawnSync('dpkg', ['--status', name], { encoding: 'utf8' }).stdout ?? '');
}

function apt(...[file = '', ...rest]: string[]): string {
  return spawnSync(file, rest, { encoding: 'utf8' }).stdout ?? '';
}

export class LoginMachine {
  private readonly folder: string;
  private readonly sshd: ChildProcess;
  /** Where ssh finds it by the name `vswt-login`. */
  readonly sshConfig: string;
  readonly knownHosts: string;
  readonly userKey: string;

  private constructor(folder: string, sshd: ChildProcess) {
    this.folder = folder;
    this.sshConfig = join(folder, 'ssh_config');
    this.knownHosts = join(folder, 'known_hosts');
    this.userKey = join(folder, 'user_key');
    this.sshd = sshd;
  }

  static async start(login: Login, programs: Programs): Promise<LoginMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-login-'));
    for (const key of ['host_key', 'user_key']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    }
    const port = await freePort();
    const { address = '127.0.0.1' } = login;
    writeFileSync(join(folder, 'ssh_config'), clientConfig(login, folder, address, port));
    writeFileSync(join(folder, 'known_hosts'), `[${address}]:${port} ${readFileSync(join(folder, 'host_key.pub'))}`);
    writeFileSync(join(folder, 'sshd_config'), serverConfig(login, address, port));
    writeFileSync(join(folder, 'setup'), setup(login, folder, programs));
    const sshd = spawn(
      'unshare',
      [...['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'], 'sh', '-e', join(folder, 'setup')],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const log: string[] = [];
    await new Promise<void>((started, failed) => {
      sshd.once('exit', (code) => failed(new Error(`sshd ended with ${code}: ${log.join('\n')}`)));
      createInterface({ input: sshd.stderr }).on('line', (line) => {
        log.push(line);
        if (line.startsWith('Server listening')) started();
      });
    });
    return new LoginMachine(folder, sshd);
  }

  /** What is there of ours, by path, in the folders that an agent may be received into. */
  leftovers(): string[] {
    return TEMPORARY.flatMap((place) =>
      readdirSync(join('/proc', this.firstPid, 'root', place))
        .filter((name) => name.startsWith('vswbench'))
        .map((name) => join(place, name)),
    );
  }

  /** Whether a program of this name runs there. */
  runs(program: string): boolean {
    return spawnSync('pgrep', ['--exact', program, '--ns', this.firstPid, '--nslist', 'pid']).status === 0;
  }

  /** Ends the connections, as when the cable is pulled and sshd gives up. */
  cutOff(): void {
    spawnSync('pkill', ['--full', `^sshd: ${USER}`, '--ns', this.firstPid, '--nslist', 'pid', '--signal', 'KILL']);
  }

  /** Of the first process within. */
  private get firstPid(): string {
    return execFileSync('pgrep', ['--parent', String(this.sshd.pid)], { encoding: 'utf8' }).trim();
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.sshd.once('exit', done));
    this.sshd.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function clientConfig({ ssh = [] }: Login, folder: string, address: string, port: number): string {
  const lines = [
    ...ssh,
    ...[`HostName ${address}`, `Port ${port}`, `User ${USER}`],
    ...[`IdentityFile ${join(folder, 'user_key')}`, 'IdentitiesOnly yes'],
    ...[`UserKnownHostsFile ${join(folder, 'known_hosts')}`, 'GlobalKnownHostsFile /dev/null'],
  ];
  return `Host vswt-login\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function serverConfig({ sshd = [] }: Login, address: string, port: number): string {
  const lines = [
    ...sshd,
    ...[`Port ${port}`, `ListenAddress ${address}`, 'HostKey /etc/ssh/host_key'],
    ...['AuthorizedKeysFile /etc/ssh/authorized_keys', 'PidFile none', 'UsePAM no', 'StrictModes no', 'LogLevel INFO'],
  ];
  return `${lines.join('\n')}\n`;
}

function setup(login: Login, folder: string, programs: Programs): string {
  const { shell = '/bin/sh', files = {}, setup: further = '' } = login;
  const overlay = (top: string) => {
    return `mkdir -p /mnt/${top}/upper /mnt/${top}/work
mount -t overlay overlay -o lowerdir=${programs.root}/${top}:/${top},upperdir=/mnt/${top}/upper,workdir=/mnt/${top}/work /${top}`;
  };
  const writes = Object.entries(files).map(
    ([path, text]) => `mkdir -p "$(dirname '${path}')"\nprintf %s '${text.replaceAll("'", "'\\''")}' >'${path}'`,
  );
  return `mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
${['etc', 'usr'].map(overlay).join('\n')}
cp '${folder}/sshd_config' '${folder}/host_key' /etc/ssh
cp '${folder}/user_key.pub' /etc/ssh/authorized_keys
echo '${USER}:x:4242:4242::${HOME}:${shell}' >>/etc/passwd
echo '${USER}:x:4242:' >>/etc/group
echo '${USER}:*:20000::::::' >>/etc/shadow
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
for folder in /home /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
mkdir -m 755 ${HOME}
${writes.join('\n')}
chown -R ${USER}: ${HOME}
${further}
exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
`;
}
