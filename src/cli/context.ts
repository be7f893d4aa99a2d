// SPDX-License-Identifier: Apache-2.0
import { existsSync, lchownSync, mkdirSync, readdirSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname, resolve } from 'node:path';
import description from '../../package.json' with { type: 'json' };
import type { Checkout } from '../host/artifacts.ts';
import { invokerOf } from '../host/invoker.ts';
import { CliError, EXIT } from './errors.ts';

/** The checkout that this program is part of. */
export const checkout: Checkout = { root: resolve(import.meta.dirname, '../..') };

export const version = description.version;

/** Where results are kept: the same place from whatever folder a command is given. An empty variable says nothing. */
export const resultsDirectory = resolve(process.env.VSWBENCH_RESULTS || resolve(checkout.root, 'results'));
/** The database within a results folder. */
export const STORE_NAME = 'vswbench.db';
export const storePath = resolve(resultsDirectory, STORE_NAME);

/** Refuses to go on without root's rights; `does` is what needs them, as `makes containers and interfaces`. */
export function requireRoot(command: string, does: string, user: number | undefined = process.getuid?.()): void {
  if (user !== 0) {
    throw new CliError(EXIT.usage, `'${command}' ${does} and needs root: run it with sudo`);
  }
}

/**
 * Makes a folder, and those above it, where it is absent; throws the system's error. Not with mkdir's own `recursive`, which
 * tries forever where the file system answers ENOENT below a folder that exists, as /proc does (Node.js 26).
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another vswbench may have been quicker.
    if (!existsSync(path)) throw error;
  }
}

/** Under sudo, results belong to who has asked for them, not to root. */
export function giveToInvoker(directory: string): void {
  const invoker = invokerOf(process.env);
  if (invoker === null) return;
  for (const path of [directory, ...readdirSync(directory).map((name) => resolve(directory, name))]) {
    lchownSync(path, invoker.uid, invoker.gid);
  }
}

/**
 * So does the folder in which Node.js keeps what it has compiled, where that is in the checkout: who owns a folder can remove what is
 * in it, and root's files would stay in a checkout that is thrown away.
 */
export function giveCompiledToInvoker(): void {
  const invoker = invokerOf(process.env);
  const ours = resolve(checkout.root, 'node_modules/.cache');
  const folder = getCompileCacheDir();
  if (invoker === null || folder?.startsWith(`${ours}/`) !== true) return;
  for (let path = folder; path.length >= ours.length; path = dirname(path)) lchownSync(path, invoker.uid, invoker.gid);
}

/** Speaks to a person beside the data on standard output. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says what of a trial is still on a host; the command ends with an error. */
export function tellLeftover(complaint: string): void {
  tell(`vswbench: could not clean up: ${complaint}`);
  process.exitCode ??= EXIT.trialFailed;
}

/** Whether the process is to end as soon as its command has: what is not ours may keep it going for ever. */
export const ending = { atOnce: false };
