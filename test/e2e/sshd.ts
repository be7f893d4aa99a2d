// SPDX-License-Identifier: Apache-2.0
// Machines behind ssh, on one machine: an sshd of the test's own on the loopback address, whose sessions enter a network namespace.
// Own port, own keys, own configuration; nothing of the user's is read or written.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NAMESPACE_VIEW } from '../../src/host/connect.ts';

const SSHD = '/usr/sbin/sshd';

/** Why no sshd can be started here, or false. */
export const cannotSsh: string | false =
  existsSync(SSHD) && existsSync('/usr/bin/ssh') ? false : 'sshd is not installed (Debian: openssh-server)';

/** A machine that ssh reaches: a network namespace, by an sshd of its own. */
export interface SshMachine {
  /** What ssh calls it, by the laboratory's configuration. */
  name: string;
  namespace: string;
  sshd: ChildProcess;
  /** Lines of sshd's log. */
  log: string[];
}

/** Two such machines and a cable between them, `cable` on both. */
export class Laboratory {
  readonly folder = mkdtempSync(join(tmpdir(), 'vswbench-ssh-'));
  readonly sshConfig = join(this.folder, 'ssh_config');
  readonly machines: SshMachine[] = [];
  private madeRunFolder = false;

  static async open(): Promise<Laboratory> {
    const laboratory = new Laboratory();
    await laboratory.build();
    return laboratory;
  }

  /** The testbeds of a campaign file that has the two machines. */
  get campaign(): string {
    const [near, far] = this.machines.map(
      ({ name }) => `{ host: ${name}, sshConfig: ${this.sshConfig}, uplink: cable }`,
    );
    return `testbeds:\n  ssh:\n    near: ${near}\n    far: ${far}\ntestbed: ssh\n`;
  }

  /** Ends the sshd of a machine with all its connections, as when the machine is switched off. */
  async switchOff({ sshd }: SshMachine): Promise<void> {
    const ended = new Promise((done) => sshd.once('exit', done));
    for (const pid of sshdsBelow(sshd.pid ?? -1)) process.kill(pid, 'SIGKILL');
    await ended;
  }

  /** Starts the sshd of a machine again. */
  async switchOn(machine: SshMachine): Promise<void> {
    machine.sshd = await this.startSshd(machine.name, machine.log);
  }

  close(): void {
    for (const { sshd, namespace } of this.machines) {
      sshd.kill('SIGKILL');
      ip('netns', 'delete', namespace);
    }
    if (this.madeRunFolder) rmSync('/run/sshd', { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async build(): Promise<void> {
    // Where it is not a service of the system, nobody has made it.
    if (!existsSync('/run/sshd')) {
      mkdirSync('/run/sshd', { mode: 0o755 });
      this.madeRunFolder = true;
    }
    for (const key of ['host_key', 'user_key']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.folder, key)]);
    }
    const names = ['vswt-near', 'vswt-far'];
    const ports = await Promise.all(names.map(freePort));
    for (const [index, name] of names.entries()) this.describe(name, ports[index] ?? 0);
    writeFileSync(
      this.sshConfig,
      `${names.map((name, index) => this.clientConfig(name, ports[index] ?? 0)).join('\n')}\n`,
    );
    const key = readFileSync(join(this.folder, 'host_key.pub'), 'utf8').trim();
    writeFileSync(join(this.folder, 'known_hosts'), ports.map((port) => `[127.0.0.1]:${port} ${key}\n`).join(''));
    writeFileSync(join(this.folder, 'authorized_keys'), readFileSync(join(this.folder, 'user_key.pub')));
    for (const name of names) {
      // Of a test run that was killed.
      if (existsSync(`/run/netns/${name}`)) ip('netns', 'delete', name);
      ip('netns', 'add', name);
      const log: string[] = [];
      this.machines.push({ name, namespace: name, sshd: await this.startSshd(name, log), log });
    }
    ip('-netns', 'vswt-near', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', 'vswt-far');
  }

  private clientConfig(name: string, port: number): string {
    return [
      `Host ${name}`,
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      '  User root',
      `  IdentityFile ${join(this.folder, 'user_key')}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${join(this.folder, 'known_hosts')}`,
      '  GlobalKnownHostsFile /dev/null',
      '  StrictHostKeyChecking yes',
    ].join('\n');
  }

  private describe(name: string, port: number): void {
    const enter = join(this.folder, `enter-${name}`);
    writeFileSync(
      enter,
      `#!/bin/sh\nexec nsenter --net=/run/netns/${name} unshare --mount --propagation unchanged sh -c '${NAMESPACE_VIEW} && exec sh -c "$SSH_ORIGINAL_COMMAND"'\n`,
    );
    chmodSync(enter, 0o755);
    writeFileSync(
      join(this.folder, `${name}.conf`),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${join(this.folder, 'host_key')}`,
        `AuthorizedKeysFile ${join(this.folder, 'authorized_keys')}`,
        'PidFile none',
        'UsePAM no',
        'StrictModes no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        'LogLevel INFO',
        `ForceCommand ${enter}`,
        '',
      ].join('\n'),
    );
  }

  private startSshd(name: string, log: string[]): Promise<ChildProcess> {
    const sshd = spawn(SSHD, ['-D', '-e', '-f', join(this.folder, `${name}.conf`)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new Promise((started, failed) => {
      sshd.once('exit', (code) => failed(new Error(`sshd ended with ${code}: ${log.join('\n')}`)));
      createInterface({ input: sshd.stderr }).on('line', (line) => {
        log.push(line);
        if (line.startsWith('Server listening')) started(sshd);
      });
    });
  }
}

/** An sshd and those that it has started for its connections; not what runs in those. */
function sshdsBelow(root: number): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).split('\n');
  const children = rows.flatMap((row) => {
    const [pid, parent, name = ''] = row.trim().split(/\s+/);
    return Number(parent) === root && name.startsWith('sshd') ? [Number(pid)] : [];
  });
  return [...children.flatMap(sshdsBelow), root];
}

export function ip(...command: string[]): void {
  execFileSync('ip', command, { stdio: 'ignore' });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
