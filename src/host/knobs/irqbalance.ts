// SPDX-License-Identifier: Apache-2.0
// irqbalance moves interrupts every ten seconds, unless it is told which CPUs to leave alone. What it is told at its start
// (IRQBALANCE_BANNED_CPULIST) cannot be changed later; its socket can (irqbalance(1), API).
import { formatCpuList } from '../../model/cpu-list.ts';
import type { Host, UndoStack } from '../host.ts';
import { cpusOfMask } from './value.ts';

/** perl-base is on every Debian and Ubuntu; the daemon takes the caller's user id from the socket. One that has gone is no error. */
const SAY =
  'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0] =~ s/^@/\\0/r) or exit 0; print $s $ARGV[1]; $s->flush; shutdown($s, 1); print <$s>';

function say(socket: string, words: string): string[] {
  return ['timeout', '5', 'perl', '-MIO::Socket::UNIX', '-e', SAY, socket, words];
}

/** Tells every irqbalance that runs to keep off some CPUs; returns a clause where one could not be told. */
export async function tellIrqbalance(host: Host, undo: UndoStack, cpus: readonly number[]): Promise<string | null> {
  const sockets = await socketsOf(host);
  if (sockets.length === 0) return (await runs(host)) ? UNTOLD : null;
  let untold = false;
  for (const socket of sockets) {
    const mask = await bannedOf(host, socket);
    if (mask === null) {
      untold = true;
      continue;
    }
    const had = cpusOfMask(mask);
    await undo.push({
      kind: 'run',
      command: say(socket, `settings cpus ${had.length === 0 ? 'NULL' : formatCpuList(had)}`),
    });
    await host.run(say(socket, `settings cpus ${formatCpuList([...had, ...cpus])}`));
    const now = cpusOfMask((await bannedOf(host, socket)) ?? '0');
    untold ||= !cpus.every((cpu) => now.includes(cpu));
  }
  return untold ? UNTOLD : 'irqbalance was told';
}

const UNTOLD = 'irqbalance runs, could not be told, and may move them back: stop it';

/** The mask of CPUs that it leaves alone; null where it does not answer. */
async function bannedOf(host: Host, socket: string): Promise<string | null> {
  const { stdout } = await host.run(say(socket, 'setup'));
  return /\bBANNED ([0-9a-f,]+)/i.exec(stdout)?.[1] ?? null;
}

/** In its folder, and, of older ones, without a file (`@`, unix(7)). */
async function socketsOf(host: Host): Promise<string[]> {
  const files = (await host.list('/run/irqbalance')).filter((name) => name.endsWith('.sock'));
  const unbound = ((await host.read('/proc/net/unix')) ?? '').matchAll(/ (@irqbalance\d+\.sock)$/gm);
  return [...files.map((name) => `/run/irqbalance/${name}`), ...[...unbound].flatMap(([, name]) => name ?? [])];
}

async function runs(host: Host): Promise<boolean> {
  const { stdout } = await host.run(['grep', '-lxs', 'irqbalance', ...(await processes(host))]);
  return stdout.trim() !== '';
}

async function processes(host: Host): Promise<string[]> {
  return (await host.list('/proc')).filter((name) => /^\d+$/.test(name)).map((pid) => `/proc/${pid}/comm`);
}
