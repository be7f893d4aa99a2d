// SPDX-License-Identifier: Apache-2.0
// The path that all competitors share: two network namespaces, a veth pair each, one bridge. Sender on CPU 0, receiver on CPU 1.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export const SOURCE = { namespace: 'vswb-a', port: 'vswbpa', mac: '02:00:00:00:00:01', ip: '198.18.0.1' };
export const SINK = { namespace: 'vswb-b', port: 'vswbpb', mac: '02:00:00:00:00:02', ip: '198.18.0.2' };
const BRIDGE = 'vswbbr';
const ENDS = [SOURCE, SINK];

/** Builds the path, lets `use` measure on it, and takes it down whatever happens. */
export async function withPath<T>(use: () => Promise<T>): Promise<T> {
  const ip = (...args: string[]) => execFileSync('ip', args);
  const down = () => {
    for (const { namespace } of ENDS) execFileSync('sh', ['-c', `ip netns delete ${namespace} 2>/dev/null; true`]);
    execFileSync('sh', ['-c', `ip link delete ${BRIDGE} 2>/dev/null; true`]);
  };
  down();
  process.once('SIGINT', () => {
    down();
    process.exit(130);
  });
  try {
    ip('link', 'add', BRIDGE, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0', 'mcast_snooping', '0');
    silence(BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    for (const [index, end] of ENDS.entries()) {
      const peer = ENDS[1 - index] ?? end;
      ip('netns', 'add', end.namespace);
      inside(end.namespace, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
      ip('link', 'add', end.port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', end.namespace, 'address', end.mac);
      silence(end.port);
      ip('link', 'set', end.port, 'master', BRIDGE, 'up');
      ip('-n', end.namespace, 'addr', 'add', `${end.ip}/24`, 'dev', 'eth0');
      ip('-n', end.namespace, 'link', 'set', 'eth0', 'up');
      ip('-n', end.namespace, 'link', 'set', 'lo', 'up');
      ip('-n', end.namespace, 'neigh', 'replace', peer.ip, 'lladdr', peer.mac, 'dev', 'eth0');
    }
    // So that the bridge has learned both addresses before anybody is measured.
    inside(SOURCE.namespace, 'ping', '-c', '1', '-W', '1', SINK.ip);
    return await use();
  } finally {
    down();
  }
}

function silence(link: string): void {
  const knob = `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`;
  if (existsSync(knob)) writeFileSync(knob, '1');
}

function inside(namespace: string, ...command: string[]): void {
  try {
    execFileSync('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' });
  } catch {
    // Not essential: no IPv6, or no ping on this machine.
  }
}

/** A competitor that runs. */
export interface Started {
  child: ChildProcess;
  /** Standard output and error together, once it has ended. */
  output: Promise<string>;
  /** Rejects where it ends before. */
  said(text: string): Promise<void>;
  /** Asks it and all that it has started to end, as Ctrl-C does. */
  interrupt(): void;
}

/** No competitor runs longer: whoever hangs must not hold the bench up. */
const LIFETIME_MAX_MS = 60_000;

/** Starts a program in a namespace on a CPU. */
export function start(end: typeof SOURCE, cpu: number, command: readonly string[]): Started {
  const child = spawn('ip', ['netns', 'exec', end.namespace, 'taskset', '-c', String(cpu), ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: some peers fork.
    detached: true,
  });
  const signal = (name: 'SIGINT' | 'SIGKILL') => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, name);
  };
  const limit = setTimeout(() => signal('SIGKILL'), LIFETIME_MAX_MS);
  let seen = '';
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  const take = (chunk: Buffer) => {
    seen += chunk.toString();
    for (const { text, resolve } of waiting) if (seen.includes(text)) resolve();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.stdin.on('error', () => undefined);
  return {
    child,
    interrupt: () => signal('SIGINT'),
    output: new Promise((resolve) => {
      child.on('close', () => {
        clearTimeout(limit);
        for (const { text, reject } of waiting)
          reject(new Error(`${command.join(' ')} ended before '${text}': ${seen}`));
        resolve(seen);
      });
    }),
    said: (text) =>
      new Promise((resolve, reject) => {
        if (seen.includes(text)) resolve();
        else waiting.push({ text, resolve, reject });
      }),
  };
}

/** Whether an interface's counters, read from the host, still grow. */
export function portTxPackets(end: typeof SOURCE): number {
  return Number(readFileSync(`/sys/class/net/${end.port}/statistics/tx_packets`, 'utf8'));
}
