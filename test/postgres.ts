// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL for tests: in a folder of its own, on a socket of its own, gone with the test.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';

const PROGRAMS = programs();

/** Why there is none, for `skip`; false where there is one. */
export const NO_POSTGRES = PROGRAMS === null ? "needs PostgreSQL: 'vswbench setup --tests' installs it" : false;

function programs(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  return folder ?? null;
}

/** It refuses to run as root, and ends with us. */
function asServer(program: string, args: readonly string[]): [string, string[]] {
  const user = process.getuid?.() === 0 ? ['--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
  return ['setpriv', [...user, '--pdeathsig=QUIT', join(PROGRAMS ?? '', program), ...args]];
}

export class TestPostgres {
  readonly folder: string;
  private child: ChildProcess | null = null;
  private databases = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'vswbench-pg-'));
    const nobody = spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' });
    if (process.getuid?.() === 0) chownSync(this.folder, Number(nobody.stdout), -1);
    const options = [
      '--no-sync',
      '--no-instructions',
      '--auth=trust',
      '--username=postgres',
      '--encoding=UTF8',
      '--locale=C',
    ];
    const [program, args] = asServer('initdb', ['-D', join(this.folder, 'data'), ...options]);
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  }

  async start(): Promise<void> {
    const settings = {
      ...{ listen_addresses: '', unix_socket_directories: this.folder, max_connections: '200', shared_buffers: '32MB' },
      // What is committed survives the server, and need not survive the machine.
      ...{ fsync: 'off', full_page_writes: 'off', log_min_messages: 'log' },
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program, args] = asServer('postgres', ['-D', join(this.folder, 'data'), ...options]);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    this.child = child;
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('ready to accept connections')) {
        child.stderr.resume();
        return;
      }
    }
    throw new Error(`PostgreSQL did not start: ${lines.join('\n')}`);
  }

  /** Where a database of this server is, as `--store` takes it. */
  location(database: string): string {
    return `postgres:///${database}?host=${encodeURIComponent(this.folder)}&user=postgres`;
  }

  /** A database in which there is nothing yet. */
  async fresh(): Promise<string> {
    this.databases += 1;
    const name = `t${this.databases}`;
    await this.run('postgres', `CREATE DATABASE ${name}`);
    return this.location(name);
  }

  /** Runs statements in a database. */
  async run(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.location(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Makes a user who gets into a database by password only. */
  async requirePassword(user: string, password: string, database: string): Promise<void> {
    await this.run(
      'postgres',
      `CREATE ROLE ${user} LOGIN PASSWORD '${password}'; GRANT CREATE ON DATABASE ${database} TO ${user}`,
    );
    const rules = join(this.folder, 'data', 'pg_hba.conf');
    writeFileSync(rules, `local all ${user} scram-sha-256\n${readFileSync(rules, 'utf8')}`);
    await this.run('postgres', 'SELECT pg_reload_conf()');
  }

  /** Ends it as a crash does: whoever is connected is cut off, and what was not committed is lost. */
  async crash(): Promise<void> {
    await this.end('SIGQUIT');
  }

  /** Ends it, and removes all that there was. */
  async stop(): Promise<void> {
    await this.end('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill(signal);
    await closed;
  }
}

/** A server that runs; `stop` it in `after`. */
export async function startPostgres(): Promise<TestPostgres> {
  const server = new TestPostgres();
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
