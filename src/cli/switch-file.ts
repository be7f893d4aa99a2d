// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SwitchDriver } from '../switches/driver.ts';
import { switchRegistry } from '../switches/registry.ts';
import { CliError, EXIT } from './errors.ts';

/** The switches that come with vswbench, and those of the user's files. Throws CliError where one has the id of another. */
export async function loadDrivers(paths: readonly string[]): Promise<SwitchDriver[]> {
  const drivers = [...switchRegistry];
  for (const path of paths) {
    const driver = await loadDriver(path);
    if (drivers.some(({ id }) => id === driver.id)) {
      throw new CliError(EXIT.usage, `--switch ${path}: there is a switch '${driver.id}' already: give it another id`);
    }
    drivers.push(driver);
  }
  return drivers;
}

/** Loads a switch driver from a file of the user's: its default export, or the only one that looks like a driver. */
export async function loadDriver(path: string): Promise<SwitchDriver> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `--switch ${path}: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    );
  }
  const drivers = [...new Set(Object.values(module))].filter(isDriver);
  const [driver] = drivers;
  if (driver === undefined || drivers.length > 1) {
    throw new CliError(
      EXIT.usage,
      `--switch ${basename(path)}: export one SwitchDriver (found ${drivers.length}); src/switches/driver.ts says what that is`,
    );
  }
  return driver;
}

function isDriver(value: unknown): value is SwitchDriver {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    /^[a-z0-9][a-z0-9-]*$/.test(value.id) &&
    'title' in value &&
    typeof value.title === 'string' &&
    'ports' in value &&
    Array.isArray(value.ports) &&
    'locations' in value &&
    Array.isArray(value.locations) &&
    'threads' in value &&
    typeof value.threads === 'number' &&
    'probe' in value &&
    typeof value.probe === 'function' &&
    'start' in value &&
    typeof value.start === 'function'
  );
}
