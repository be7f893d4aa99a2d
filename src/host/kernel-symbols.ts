// SPDX-License-Identifier: Apache-2.0
// Functions of the kernel that runs, built in or of a module that is loaded now. It makes up the list of them, of 200 000 lines, for each who
// reads it: what is asked side by side is looked for at once.
import type { Host } from './host.ts';

interface Look {
  symbols: Set<string>;
  found: Promise<ReadonlySet<string> | null>;
}

const gathering = new WeakMap<Host, Look>();

/** Whether a function is in the kernel; null where the kernel tells of none. */
export async function kernelHas(host: Host, symbol: string): Promise<boolean | null> {
  const look = gathering.get(host) ?? beginLook(host);
  look.symbols.add(symbol);
  return (await look.found)?.has(symbol) ?? null;
}

/** Begun when all who ask in this turn have asked. */
function beginLook(host: Host): Look {
  const symbols = new Set<string>();
  const asked = new Promise((resolve) => setImmediate(resolve));
  const found = asked.then(() => {
    gathering.delete(host);
    return lookFor(host, symbols);
  });
  const look = { symbols, found };
  gathering.set(host, look);
  return look;
}

async function lookFor(host: Host, symbols: ReadonlySet<string>): Promise<ReadonlySet<string> | null> {
  const patterns = [...symbols].flatMap((symbol) => ['-e', symbol]);
  const { exitCode, stdout } = await host.run(['grep', '-owF', ...patterns, '/proc/kallsyms']);
  return exitCode === 0 || exitCode === 1 ? new Set(stdout.split('\n')) : null;
}
