// SPDX-License-Identifier: Apache-2.0
// `vswbench serve`: the browser, for as long as it is not told to stop.
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { clean } from '../report/text.ts';
import { readAssets } from '../serve/assets.ts';
import type { Program } from '../serve/command.ts';
import { isLoopback, type Keys, oneKey } from '../serve/door.ts';
import { LiveRuns } from '../serve/live.ts';
import { type Home, routesOf } from '../serve/routes.ts';
import { Runs } from '../serve/runs.ts';
import { type Serving, type Setup, startServer } from '../serve/server.ts';
import { isServer } from '../store/location.ts';
import { openStore, type Store } from '../store/store.ts';
import { readCampaign } from './campaign-file.ts';
import { campaignFiles, campaignsFolder } from './campaign-files.ts';
import type { ServeOptions } from './commands/serve.ts';
import { checkout, resultsDirectory, tell, version } from './context.ts';
import { CliError, EXIT, isSystemError } from './errors.ts';
import { casesOf } from './results.ts';
import { hasStore, shownStore, storeLocation } from './store-location.ts';
import { userName } from './user-name.ts';

/** Ends when it is told to: that is how it is meant to end. */
export async function serve(options: ServeOptions): Promise<void> {
  const settings = settingsOf(options);
  const { address, port, origin } = settings;
  const house = isServer(storeLocation())
    ? await (await import('./lab-house.ts')).labHouse(settings)
    : machineHouse(settings);
  const opened = new OpenedStore();
  const live = new LiveRuns(resultsDirectory);
  const routes = routesOf({
    about: { version, files: campaignFiles(), campaigns: campaignsFolder, results: shownPlace() },
    assets: readAssets(checkout.root),
    results: { folder: resultsDirectory, store: () => opened.store(), cases: casesOf },
    ...{ live, program: PROGRAM, place: house.place },
  });
  const name = isIP(address) === 0 ? address : null;
  const rules = { isPublic: settings.isPublic, name, origin, tokenHint: house.tokenHint };
  const serving = await listen({ address, port, rules, keys: house.keys, routes });
  tell(`Results of ${clean(shownPlace())}. ${house.about} Ctrl-C ends it.`);
  process.stdout.write(`http://${hostOf(address)}:${serving.port}/${house.fragment}\n`);
  await toldToStop();
  await house.end();
  live.close();
  await serving.close();
  opened.close();
}

/** What depends on whether one machine is behind it, or a lab. */
export interface House {
  place: Home['place'];
  keys: Keys;
  tokenHint: string;
  /** For who starts it, in a sentence. */
  about: string;
  /** Behind the address that is printed. */
  fragment: string;
  end(): Promise<void>;
}

const PROGRAM: Program = {
  command: [resolve(checkout.root, 'bin/vswbench')],
  environment: { ...process.env, VSWBENCH_RESULTS: resultsDirectory },
};

function machineHouse({ token: given, isPublic }: Settings): House {
  const token = given ?? randomBytes(16).toString('hex');
  const runs = new Runs(PROGRAM);
  return {
    place: { kind: 'machine', runs, checkCampaign: (path) => void readCampaign(path, {}) },
    keys: oneKey(token, { user: userName(), isAdmin: true }),
    tokenHint: 'this takes the token: open the address that vswbench serve has printed, with all that follows the #',
    about: isPublic
      ? 'The token is needed for everything.'
      : 'Reading is open to this machine; what comes after # starts and stops campaigns.',
    fragment: `#token=${token}`,
    async end() {
      if (runs.isBusy) tell('Stopping what was started here: cleaning up, and keeping what is measured ...');
      await runs.end();
    },
  };
}

/** The folder, or the server that has the results. */
function shownPlace(): string {
  return isServer(storeLocation()) ? shownStore() : resultsDirectory;
}

export interface Settings {
  address: string;
  port: number;
  /** Others than this machine reach it. */
  isPublic: boolean;
  token: string | undefined;
  origin: string | null;
}

function settingsOf({ port, address, token, origin }: ServeOptions): Settings {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (!(number <= 65_535))
    throw new CliError(EXIT.usage, `--port '${port}': give a number up to 65535, or 0 for any that is free`);
  if (token !== undefined && !/^[\w-]{16,128}$/.test(token)) {
    throw new CliError(
      EXIT.usage,
      '--token takes 16 to 128 letters, digits, - and _, as openssl rand -hex 16 prints them',
    );
  }
  const isPublic = !isLoopback(address);
  if (token === undefined && isPublic && !isServer(storeLocation())) {
    throw new CliError(
      EXIT.usage,
      `--address ${address} is reached by others: give a --token as well, or leave both out`,
    );
  }
  if (origin !== undefined && !isOrigin(origin)) {
    throw new CliError(
      EXIT.usage,
      `--origin '${origin}': give what browsers name without a path, as https://lab.example`,
    );
  }
  return { address, port: number, isPublic, token, origin: origin ?? null };
}

/** As browsers write it: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
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
