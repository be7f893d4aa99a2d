// SPDX-License-Identifier: Apache-2.0
// irqbalance moves interrupts every ten seconds, unless it is told which CPUs to leave alone. What it is told at its start
// (IRQBALANCE_BANNED_CPULIST) cannot be changed later; its socket can (irqbalance(1), API).
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCpuList } from '../../model/cpu-list.ts';
import type { Host, UndoStack } from '../host.ts';
import { cpusOfMask } from './value.ts';

/** perl-base is on every Debian and Ubuntu; the daemon takes the caller's user id from the socket. One that has gone is no error. */
const SAY =
  'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0] =~ s/^@/\\0/r) or exit 0; print $s $ARGV[1]; $s->flush; shutdown($s, 1); print <$s>';

function say(socket: string, words: string): string[] {
  return ['timeout', '5', 'perl', '-MIO::Socket::UNIX', '-e', SAY, socket, words];
}

/**
 * Tells every irqbalance that runs to keep off some CPUs, and waits until it does: it takes that up only with its next look, at which it also
 * places all interrupts anew, and so has to come before we do. Returns a clause for the record; null where none runs.
 */
export async function tellIrqbalance(host: Host, undo: UndoStack, cpus: readonly number[]): Promise<string | null> {
  const sockets = await socketsOf(host);
  if (sockets.length === 0) return (await runs(host)) ? UNTOLD : null;
  let untold = false;
  for (const socket of sockets) {
    const before = await setupOf(host, socket);
    if (before === null) {
      untold = true;
      continue;
    }
    const had = cpusOfMask(before.banned);
    await undo.push({
      kind: 'run',
      command: say(socket, `settings cpus ${had.length === 0 ? 'NULL' : formatCpuList(had)}`),
    });
    await host.run(say(socket, `settings cpus ${formatCpuList([...had, ...cpus])}`));
    untold ||= !(await keepsOff(host, socket, cpus, before.intervalS));
  }
  return untold ? UNTOLD : 'irqbalance was told';
}

const UNTOLD = 'irqbalance runs, could not be told, and may move them back: stop it';

const LOOK_MS = 100;
/** Longer than an interval, as a look itself takes its time. */
const SLACK_MS = 2_000;

/** Whether it leaves these CPUs alone, once it has looked. */
async function keepsOff(host: Host, socket: string, cpus: readonly number[], intervalS: number): Promise<boolean> {
  const end = performance.now() + intervalS * 1000 + SLACK_MS;
  for (;;) {
    const now = cpusOfMask((await setupOf(host, socket))?.banned ?? '0');
    if (cpus.every((cpu) => now.includes(cpu))) return true;
    if (performance.now() >= end) return false;
    await sleep(LOOK_MS);
  }
}

/** How often it looks, in seconds, and the mask of CPUs that it leaves alone; null where it does not answer. */
async function setupOf(host: Host, socket: string): Promise<{ intervalS: number; banned: string } | null> {
  const { stdout } = await host.run(say(socket, 'setup'));
  const banned = /\bBANNED ([0-9a-f,]+)/i.exec(stdout)?.[1];
  return banned === undefined ? null : { intervalS: Number(/\bSLEEP (\d+)/.exec(stdout)?.[1] ?? 10), banned };
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
