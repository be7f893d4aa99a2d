// SPDX-License-Identifier: Apache-2.0
// `vswbench serve`: the browser, for as long as it is not told to stop.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { clean } from '../report/text.ts';
import { readAssets } from '../serve/assets.ts';
import type { Program } from '../serve/command.ts';
import { isLoopback } from '../serve/door.ts';
import { LiveRuns } from '../serve/live.ts';
import { routesOf } from '../serve/routes.ts';
import { Runs } from '../serve/runs.ts';
import { type Serving, type Setup, startServer } from '../serve/server.ts';
import { isServer } from '../store/location.ts';
import { openStore, type Store } from '../store/store.ts';
import { readCampaign } from './campaign-file.ts';
import type { ServeOptions } from './commands/serve.ts';
import { checkout, resultsDirectory, tell, version } from './context.ts';
import { CliError, EXIT, isSystemError } from './errors.ts';
import { casesOf } from './results.ts';
import { hasStore, shownStore, storeLocation } from './store-location.ts';

/** Ends when it is told to: that is how it is meant to end. */
export async function serve(options: ServeOptions): Promise<void> {
  const { address, port, token } = settingsOf(options);
  const isPublic = !isLoopback(address);
  const opened = new OpenedStore();
  const live = new LiveRuns(resultsDirectory);
  const program: Program = {
    command: [resolve(checkout.root, 'bin/vswbench')],
    environment: { ...process.env, VSWBENCH_RESULTS: resultsDirectory },
  };
  const runs = new Runs(program);
  const routes = routesOf({
    about: { version, files: campaignFiles(), campaigns: CAMPAIGNS, results: shownPlace() },
    assets: readAssets(checkout.root),
    results: { folder: resultsDirectory, store: () => opened.store(), cases: casesOf },
    ...{ live, runs, program, checkCampaign: (path) => void readCampaign(path, {}) },
  });
  const rules = { token, isPublic, name: isIP(address) === 0 ? address : null };
  const serving = await listen({ address, port, rules, routes });
  tell(
    `Results of ${clean(shownPlace())}. ${isPublic ? 'The token is needed for everything' : 'Reading is open to this machine; what comes after # starts and stops campaigns'}. Ctrl-C ends it.`,
  );
  process.stdout.write(`http://${hostOf(address)}:${serving.port}/#token=${token}\n`);
  await toldToStop();
  if (runs.isBusy) tell('Stopping what was started here: cleaning up, and keeping what is measured ...');
  await runs.end();
  live.close();
  await serving.close();
  opened.close();
}

/** The folder, or the server that has the results. */
function shownPlace(): string {
  return isServer(storeLocation()) ? shownStore() : resultsDirectory;
}

function settingsOf({ port, address, token }: ServeOptions): { address: string; port: number; token: string } {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (!(number <= 65_535))
    throw new CliError(EXIT.usage, `--port '${port}': give a number up to 65535, or 0 for any that is free`);
  if (token !== undefined && !/^[\w-]{16,128}$/.test(token)) {
    throw new CliError(
      EXIT.usage,
      '--token takes 16 to 128 letters, digits, - and _, as openssl rand -hex 16 prints them',
    );
  }
  if (token === undefined && !isLoopback(address)) {
    throw new CliError(
      EXIT.usage,
      `--address ${address} is reached by others: give a --token as well, or leave both out`,
    );
  }
  return { address, port: number, token: token ?? randomBytes(16).toString('hex') };
}

async function listen(setup: Setup): Promise<Serving> {
  try {
    return await startServer(setup);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CliError(EXIT.usage, refusalOf(error.code, setup));
  }
}

function refusalOf(code: string, { address, port }: Pick<Setup, 'address' | 'port'>): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use: name another with --port, or --port 0 for any that is free`;
    case 'EACCES':
      return `port ${port} takes root's rights: name one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `--address ${address} is none of this machine's: 'ip address' lists them`;
    default:
      return `cannot listen on ${address}, port ${port}: ${code}`;
  }
}

function hostOf(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return isIP(address) === 6 ? `[${address}]` : address;
}

const CAMPAIGNS = resolve(checkout.root, 'campaigns');

/** Those that come with vswbench. */
function campaignFiles(): string[] {
  return readdirSync(CAMPAIGNS).filter((name) => name.endsWith('.yaml'));
}

/** The store is opened when it is there, which may be after the first campaign has begun, and is not made by looking. */
class OpenedStore {
  private opened: Store | null = null;

  store(): Store | null {
    if (this.opened === null && hasStore()) this.opened = openStore(storeLocation());
    return this.opened;
  }

  close(): void {
    this.opened?.close();
  }
}

function toldToStop(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop());
  });
}
