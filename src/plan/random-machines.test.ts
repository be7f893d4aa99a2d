// SPDX-License-Identifier: Apache-2.0
// What must hold on any machine, on a thousand random ones.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cpu } from '../../test/fixtures/cpus.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import type { TestCase } from '../model/testcase.ts';
import { type PlacementHosts, placeCase, placementObstacle } from './placement.ts';

const MACHINES = 1000;

type Random = (below: number) => number;

/** Marsaglia's xorshift: the same numbers each time. */
function randomOf(seed: number): Random {
  let state = seed + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One to two sockets of one to three nodes of one to three caches of one to four cores of one to two threads; some CPUs isolated, numbers shuffled. */
function randomMachine(random: Random): Cpu[] {
  const cpus: Omit<Cpu, 'id'>[] = [];
  const [sockets, nodes, caches, cores] = [1 + random(2), 1 + random(3), 1 + random(3), 1 + random(4)];
  const [kinds, isolated] = [1 + random(2), random(3) === 0];
  for (let socket = 0; socket < sockets; socket += 1) {
    for (let node = 0; node < nodes; node += 1) {
      for (let cache = 0; cache < caches; cache += 1) {
        for (let core = 0; core < cores; core += 1) {
          const part = { ...cpu({ id: 0 }), node: socket * nodes + node, socket, kind: random(kinds) };
          const place = (socket * nodes + node) * caches + cache;
          const own = { ...part, cache: place, core: place * cores + core, isolated: isolated && random(2) === 0 };
          for (let thread = random(2); thread < 2; thread += 1) cpus.push(own);
        }
      }
    }
  }
  const numbers = cpus.map((_, id) => id).sort(() => random(3) - 1);
  return cpus.map((one, index) => ({ ...one, id: numbers[index] ?? index }));
}

/** The threads of one host, each on its CPU. */
function checkHost(cpus: readonly Cpu[], threads: readonly number[], told: string): void {
  const coreOf = (id: number) =>
    cpus.find((one) => one.id === id)?.core ?? assert.fail(`CPU ${id} is not there: ${told}`);
  const used = new Set(threads.map(coreOf));
  const all = new Set(cpus.map(({ core }) => core));
  if (used.size < threads.length) assert.equal(used.size, all.size, `two on one core, and another is free: ${told}`);
  // The same of CPUs: none is shared while one is idle.
  if (new Set(threads).size < threads.length)
    assert.equal(new Set(threads).size, cpus.length, `a CPU is idle: ${told}`);
}

function threadsOf(
  { pairs, switch: own, far }: Placement,
  { location }: Pick<TestCase, 'location'>,
  sameMachine: boolean,
) {
  const [sources, sinks] = [pairs.map(({ source }) => source), pairs.map(({ sink }) => sink)];
  return location === 'local' || sameMachine
    ? [[...own, ...(far?.switch ?? []), ...sources, ...sinks], []]
    : [
        [...own, ...sources],
        [...(far?.switch ?? []), ...sinks],
      ];
}

it(`puts no two busy threads on one core while a core is free, on ${MACHINES} random machines`, () => {
  for (let seed = 0; seed < MACHINES; seed += 1) {
    const random = randomOf(seed);
    const [near, far] = [randomMachine(random), randomMachine(random)];
    const sameMachine = random(3) === 0;
    const hosts: PlacementHosts = {
      near: { cpus: near, uplinkNode: near[random(near.length)]?.node ?? null },
      far: { cpus: sameMachine ? near : far, uplinkNode: far[random(far.length)]?.node ?? null },
      sameMachine,
    };
    const location = random(2) === 0 ? 'local' : 'remote';
    const [pairs, threads] = [1 + random(6), random(3)];
    const placed = placeCase({ location, pairs, placement: 'spread' }, hosts, threads);
    const told = `seed ${seed}: ${JSON.stringify({ hosts, location, pairs, threads, placed })}`;
    const [here = [], there = []] = threadsOf(placed, { location }, sameMachine);
    checkHost(near, here, told);
    checkHost(far, there, told);
  }
});

it('puts what crosses the cable on the node of the network card, where that has a core for each thread', () => {
  let checked = 0;
  for (let seed = 0; seed < MACHINES; seed += 1) {
    const random = randomOf(seed);
    // Isolated ones and kinds decide before nodes do.
    const cpus = randomMachine(random).map((one) => ({ ...one, isolated: false, kind: 0 }));
    const uplinkNode = cpus[random(cpus.length)]?.node ?? 0;
    const host = { cpus, uplinkNode };
    const lowest = cpus.find(({ id }) => id === 0)?.core;
    const free = new Set(cpus.flatMap(({ node, core }) => (node === uplinkNode && core !== lowest ? [core] : [])));
    if (free.size < 2) continue;
    checked += 1;
    const placed = placeCase(
      { location: 'remote', pairs: 1, placement: 'spread' },
      { near: host, far: host, sameMachine: false },
      1,
    );
    for (const id of [...placed.switch, ...placed.pairs.flatMap(({ source, sink }) => [source, sink])]) {
      assert.equal(cpus.find((one) => one.id === id)?.node, uplinkNode, `seed ${seed}`);
    }
  }
  assert.ok(checked > MACHINES / 3, `${checked} machines had room`);
});

it('keeps what each placement promises, or says why not', () => {
  const kept = new Map<string, number>();
  for (let seed = 0; seed < MACHINES; seed += 1) {
    const random = randomOf(seed);
    const cpus = randomMachine(random);
    const [pairs, threads] = [1 + random(3), random(2)];
    const hosts = { near: { cpus }, far: null, sameMachine: false };
    const of = (id: number) => cpus.find((one) => one.id === id) ?? assert.fail();
    for (const placement of ['same-core', 'same-cache', 'cross-socket'] as const) {
      const asked = { location: 'local', pairs, placement } as const;
      const obstacle = placementObstacle(asked, hosts, threads);
      if (obstacle !== null) {
        assert.match(obstacle, new RegExp(`^placement ${placement}: [a-z]`));
        continue;
      }
      kept.set(placement, (kept.get(placement) ?? 0) + 1);
      const { pairs: placed, switch: own } = placeCase(asked, hosts, threads);
      const told = `seed ${seed}, ${placement}: ${JSON.stringify({ cpus, placed, own })}`;
      const busy = [...own, ...placed.flatMap(({ source, sink }) => [source, sink])];
      assert.equal(new Set(busy).size, 2 * pairs + threads, told);
      const cores = new Set(busy.map((id) => of(id).core));
      assert.equal(cores.size, placement === 'same-core' ? pairs + threads : busy.length, told);
      for (const { source, sink } of placed) {
        if (placement === 'same-core') assert.equal(of(source).core, of(sink).core, told);
        if (placement === 'cross-socket') assert.notEqual(of(source).socket, of(sink).socket, told);
      }
      if (placement === 'same-cache') assert.equal(new Set(busy.map((id) => of(id).cache)).size, 1, told);
      if (placement === 'cross-socket') {
        assert.equal(new Set([...own, ...placed.map(({ source }) => source)].map((id) => of(id).socket)).size, 1, told);
      }
    }
  }
  for (const placement of ['same-core', 'same-cache', 'cross-socket'])
    assert.ok((kept.get(placement) ?? 0) > 50, placement);
});
