// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../run/failure.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { switchRegistry } from '../switches/registry.ts';
import { ending } from './context.ts';
import { asDriver } from './driver-shape.ts';
import { CliError, EXIT } from './errors.ts';

/** The switches that can be asked for. */
export interface LoadedDrivers {
  drivers: SwitchDriver[];
  /** Path of each that is a user's own, by its id. */
  files: Map<string, string>;
}

/** What a file may take to be read: one that waits at its top for what never comes is given up. */
const LOAD_TIMEOUT_MS = 30_000;

/** The switches that come with vswbench, and those of the user's files. Throws CliError where one has the id of another. */
export async function loadDrivers(paths: readonly string[]): Promise<LoadedDrivers> {
  const drivers = [...switchRegistry];
  const files = new Map<string, string>();
  // A timer of a driver's that goes on would keep us.
  if (paths.length > 0) ending.atOnce = true;
  for (const path of paths) {
    const driver = await loadDriver(path);
    if (drivers.some(({ id }) => id === driver.id)) {
      throw refused(path, `there is a switch '${driver.id}' already: give it another id`);
    }
    drivers.push(driver);
    files.set(driver.id, resolve(path));
  }
  return { drivers, files };
}

/** Loads the one switch driver that a file of the user's exports. Throws CliError with the line, or the field, that is wrong. */
export async function loadDriver(path: string): Promise<SwitchDriver> {
  const exported = await exportsOf(path);
  // What has one of the two was meant to be a driver.
  const meant = exported.flatMap(([name, value]): [string, object][] => (isMeant(value) ? [[name, value]] : []));
  const [first, second] = meant;
  if (first === undefined) {
    const names = exported.map(([name]) => name).join(', ') || 'nothing';
    throw refused(path, `it exports no SwitchDriver, but ${names}: export an object with id, probe() and start()`);
  }
  if (second !== undefined) {
    throw refused(path, `it exports two drivers, ${first[0]} and ${second[0]}: give each a file of its own`);
  }
  const [name, value] = first;
  const driver = asDriver(value);
  if (!driver.ok) throw refused(path, `${name}.${driver.error}`);
  return driver.value;
}

/** What a file exports, by name, each value once. */
async function exportsOf(path: string): Promise<[string, unknown][]> {
  const giveUp = Promise.withResolvers<never>();
  const late = () =>
    giveUp.reject(refused(path, `it is not read within ${LOAD_TIMEOUT_MS / 1000} s: what does it wait for?`));
  const timer = setTimeout(late, LOAD_TIMEOUT_MS);
  try {
    const module: Record<string, unknown> = await Promise.race([
      import(pathToFileURL(resolve(path)).href),
      giveUp.promise,
    ]);
    const entries = Object.entries(module);
    return entries.filter(([, value], index) => entries.findIndex(([, other]) => other === value) === index);
  } catch (error) {
    throw error instanceof CliError ? error : refused(path, `${placeOf(error, path)}${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `line 7: ` where the error says where it is: of a syntax error, Node.js says so at the head of the stack; of one that is thrown while the file is
 * read, in the frame of the file.
 */
function placeOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? String(error.stack) : '';
  const at = stack.split('\n').find((line) => line.includes(basename(path)) && /:\d+(:\d+)?\)?$/.test(line));
  const line = at === undefined ? undefined : /:(\d+)(:\d+)?\)?$/.exec(at)?.[1];
  return line === undefined ? '' : `line ${line}: `;
}

/** A proxy may not even want to be asked what it has: then it is looked at more closely, and said to be at fault. */
function isMeant(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return 'start' in value || 'probe' in value;
  } catch {
    return true;
  }
}

function refused(path: string, why: string): CliError {
  return new CliError(EXIT.usage, `--switch ${path}: ${why} (docs/adding-a-switch.md)`);
}
