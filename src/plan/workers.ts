// SPDX-License-Identifier: Apache-2.0
// Threads that a switch cannot have, or cannot be told whom to serve, are told before the first trial.
import type { TestCase } from '../model/testcase.ts';
import type { Combination } from './obstacles.ts';

type Asked = Pick<TestCase, 'switchThreads' | 'queues' | 'pin'>;

/** Why a switch cannot have the threads that were asked for, with the mend; empty where it can. */
export function workerObstacles(combination: Omit<Combination, 'obstacles'>, asked: Asked): string[] {
  return [
    threadObstacle(combination, asked),
    queueObstacle(combination, asked),
    pinObstacle(combination, asked),
  ].filter((obstacle) => obstacle !== null);
}

function threadObstacle({ offer, ...combination }: Omit<Combination, 'obstacles'>, { switchThreads, queues }: Asked) {
  if (switchThreads === 'auto') return null;
  const { workers, id } = offer;
  if (workers === undefined) return `${id} cannot be told how many polling threads it has: leave out --switch-threads`;
  const { threadsMax, why, apart, cpusBeside = 0 } = workers;
  if (switchThreads > threadsMax) {
    const most = threadsMax === 1 ? 'one polling thread' : `at most ${threadsMax} polling threads`;
    const because = why === undefined ? '' : ` (${why})`;
    return `${id} has ${most}${because}, not ${switchThreads}: give --switch-threads ${threadsMax}${threadsMax === 1 ? '' : ' or fewer'}`;
  }
  const polled = polledQueues(combination, queues);
  if (switchThreads > polled) {
    return `of ${switchThreads} threads of ${id} only ${polled} would have a queue to serve: give fewer --switch-threads, more pairs (-S) or more --queues`;
  }
  const cpus = cpusOf(combination);
  // One polls with the thread that manages, where need be.
  const most = Math.max(1, cpus - cpusBeside);
  if (apart !== true || switchThreads <= most) return null;
  const rest = cpusBeside === 0 ? '' : `, of which ${cpusBeside} is for its main thread`;
  return `${id} has no two polling threads on one CPU, and ${cpus} may be used${rest}: give at most ${most} --switch-threads`;
}

function queueObstacle({ offer: { workers, id }, framework }: Omit<Combination, 'obstacles'>, { queues }: Asked) {
  if (queues === 1) return null;
  const most = workers?.queuesMax ?? 1;
  if (queues > most)
    return `ports of ${id} have ${most === 1 ? 'one queue' : `at most ${most} queues`}: give --queues ${most}`;
  const opens = framework.built ? framework.queues_max : queues;
  return queues > opens
    ? `applications with ${framework.name} have ports of ${opens === 1 ? 'one queue' : `at most ${opens} queues`}: give --queues ${opens}, or another --io, as dpdk`
    : null;
}

function pinObstacle({ offer: { workers, id }, location }: Omit<Combination, 'obstacles'>, { pin }: Asked) {
  if (pin === 'auto') return null;
  if (workers?.pinned !== true) return `${id} cannot be told which thread serves which port: give --pin auto`;
  return location === 'remote'
    ? 'between two hosts all that comes in goes through one queue of the uplink: give --pin auto'
    : null;
}

/** Queues that a switch has to poll on a host. */
function polledQueues({ location, pairs }: Pick<Combination, 'location' | 'pairs'>, queues: number): number {
  // An end of each pair, and the uplink.
  return location === 'remote' ? pairs * queues + 1 : 2 * pairs * queues;
}

/** Of the host that has fewest. */
function cpusOf({ location, testbed: { near, far } }: Pick<Combination, 'location' | 'testbed'>): number {
  const hosts = location === 'remote' && far !== null ? [near, far] : [near];
  return Math.min(...hosts.map(({ cpus }) => cpus.length));
}
