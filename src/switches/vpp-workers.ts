// SPDX-License-Identifier: Apache-2.0
// The threads of VPP that poll, which CPU each has, and which queue of which port each serves.
import { HostError } from '../host/host.ts';
import { type ServedQueue, servedAsAsked, threadOf, type Workers } from '../model/workers.ts';
import type { SwitchContext } from './driver.ts';
import { parsePlacement } from './vpp-cli.ts';
import type { Cli } from './vpp-daemon.ts';

/** VPP takes a set of CPUs for its workers, in which the main thread's must not be. */
export const WORKERS: Workers = { threadsMax: 64, apart: true, cpusBeside: 1, pinned: true, queuesMax: 8 };

type Asked = Pick<SwitchContext, 'cpus' | 'housekeeping' | 'pin' | 'ports' | 'queues'>;

/**
 * The main thread manages and, beside workers, sleeps until it is asked: so it goes to a housekeeping CPU, and the workers have the
 * CPUs that are meant for polling. Where there is no other CPU, the main thread polls itself. Throws HostError where several workers
 * would leave it none.
 */
export function cpusOf({ cpus, housekeeping }: Pick<Asked, 'cpus' | 'housekeeping'>): {
  mainCpu: number;
  workerCpus: number[];
} {
  const [first] = cpus;
  if (first === undefined) throw new RangeError('vpp needs a CPU');
  const mainCpu = housekeeping.find((cpu) => !cpus.includes(cpu));
  const workerCpus = [...new Set(cpus)].sort((a, b) => a - b);
  if (mainCpu !== undefined) return { mainCpu, workerCpus };
  if (workerCpus.length > 1) throw new HostError('no CPU is left for the main thread of VPP beside its workers');
  return { mainCpu: first, workerCpus: [] };
}

/**
 * Gives each queue to the worker that was asked for, who are numbered by their CPUs, upwards. An application that connects has queues anew,
 * which VPP gives to whom it likes.
 */
export async function placeQueues(
  cli: Pick<Cli, 'ask' | 'order'>,
  interfaces: readonly string[],
  asked: Asked,
): Promise<void> {
  const { pin, ports, cpus, queues } = asked;
  const wanted = servedAsAsked(pin, ports, { threads: cpus.length, queues }) ?? [];
  if (wanted.length === 0 || cpusOf(asked).workerCpus.length === 0) return;
  const served = await servedQueues(cli, interfaces, asked);
  for (const one of wanted.filter((queue) => threadOf(served, queue) !== queue.thread)) {
    const name = interfaces[ports.findIndex(({ pair, end }) => pair === one.pair && end === one.end)];
    await cli.order(`set interface rx-placement ${name} queue ${one.queue} worker ${one.thread}`);
  }
}

/** Which worker serves which queue of the ports; where there is none, the main thread is thread 0. Throws HostError. */
export async function servedQueues(
  cli: Pick<Cli, 'ask' | 'order'>,
  interfaces: readonly string[],
  asked: Asked,
): Promise<ServedQueue[]> {
  const hasWorkers = cpusOf(asked).workerCpus.length > 0;
  return parsePlacement(await cli.ask('show interface rx-placement')).flatMap(({ name, queue, worker }) => {
    const port = asked.ports[interfaces.indexOf(name)];
    if (port === undefined) return [];
    if (worker === null && hasWorkers) throw new HostError(`VPP serves ${name} with its main thread`);
    return [{ pair: port.pair, end: port.end, queue, thread: worker ?? 0 }];
  });
}
