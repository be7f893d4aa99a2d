// SPDX-License-Identifier: Apache-2.0
// From a campaign to its test cases, on machines that may lack some of what it asks for. What the user named and cannot
// have stays in the plan with the reason; what the user left to the machine is simply not chosen.
import { type Campaign, defaultBurst, defaultRate } from '../model/campaign.ts';
import { type Framework, type PortKind, portKindsOf } from '../model/dataplane.ts';
import type { Cpu } from '../model/inventory.ts';
import type { PlannedCase } from '../model/result.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Parsed } from '../model/units.ts';
import { frameObstacles } from './frames.ts';
import { placeCase, placementObstacle } from './placement.ts';
import { type Block, type Cell, type Fitness, type Sweep, spread } from './spread.ts';

/** A switch of the registry, and whether this machine can run it. */
export interface SwitchOffer {
  id: string;
  title: string;
  ports: readonly PortKind[];
  locations: readonly TestCase['location'][];
  /** CPU threads of its own: the same for any number of pairs, or for one pair, two pairs and so on. */
  threads: number | readonly number[];
  /** The most pairs that it can serve at once; unlimited where absent. */
  pairsMax?: number;
  /** Of the frames that it carries; null, or absent, where it carries the largest of all. */
  frameLimit?(port: PortKind, location: TestCase['location']): { bytes: number; why: string } | null;
  /** Why it cannot serve an I/O framework, by its name. */
  unserved?: Readonly<Record<string, string>>;
  available: { ok: true; version: string } | { ok: false; missing: string; mend: string };
}

/** What a host has to run a campaign with. */
export interface HostOffer {
  /** As the testbed names it; said where something is missing there. */
  name: string;
  switches: readonly SwitchOffer[];
  /** CPUs that may be used. */
  cpus: readonly Cpu[];
  /** NUMA node of its uplink, where there is one that says so. */
  uplinkNode?: number | null;
  /** Absent, or null, where it has none, or one that is made for us. */
  uplink?: UplinkOffer | null;
}

/** An interface that leads to the other host. */
export interface UplinkOffer {
  interface: string;
  mtu: number;
  /** The largest that its driver takes. */
  mtuMax: number;
}

/** What a testbed has to run a campaign with. */
export interface TestbedOffer {
  name: string;
  frameworks: readonly Framework[];
  near: HostOffer;
  /** Null where the testbed has one host. */
  far: HostOffer | null;
  /** The hosts are namespaces of one machine, and share its CPUs. */
  sameMachine: boolean;
}

/** No campaign is longer: at three seconds a trial this is three days for one round. */
const CASES_MAX = 100_000;

/**
 * All test cases of a campaign, in the order of its lists (dimension, location, pairs, switch, io, packet size, rate,
 * burst, touch). What cannot run has `skipped`, the reason with the mend. The error is one line.
 *
 * With several testbeds each case runs on one of them, and cases that are compared with each other on the same one: see spread.ts.
 */
export function expandCampaign(campaign: Campaign, offers: readonly TestbedOffer[]): Parsed<PlannedCase[]> {
  const switches = switchesKnown(campaign, idsOf(offers));
  if (!switches.ok) return switches;
  const frameworks = chosen('io (--io)', campaign.ios, unique(offers.flatMap((one) => one.frameworks.map(nameOf))));
  if (!frameworks.ok) return frameworks;
  const idle = offers.flatMap(({ near, far }) => [near, far]).find((host) => host?.cpus.length === 0);
  if (idle) {
    const where = idle.name === LOCAL_TESTBED ? '' : ` on ${idle.name}`;
    return { ok: false, error: `no CPU may be used${where}: allow this process one (see taskset(1))` };
  }

  const names = { switches: switches.value, frameworks: frameworks.value };
  const possible = offers.map((testbed) => cross(campaign, testbed, names));
  const assignment = spread(blocksOf(campaign), sweepOf(campaign), possible.map(fitnessOf));
  // What a testbed could do of a block that another one has is no part of the plan, and no reason for anything.
  const given = possible.flatMap((combinations, index) => combinations.filter((one) => assignment.has(one, index)));
  const kept = inOrder(keep(given, campaign), blocksOf(campaign), names);
  const count = kept.length * sweepLength(campaign);
  if (count > CASES_MAX) {
    return { ok: false, error: `the campaign has ${count} test cases; at most ${CASES_MAX} are allowed: sweep less` };
  }
  return {
    ok: true,
    value: kept.flatMap((same) => sweepAll(same, campaign, (cell) => offers[assignment.testbedOf(same[0], cell)])),
  };
}

/** Refuses a switch that nobody knows: it needs no machine to tell. The error is one line. */
export function switchesKnown({ switches }: Pick<Campaign, 'switches'>, known: readonly string[]): Parsed<string[]> {
  return chosen('switch (-V)', switches, known);
}

function idsOf(offers: readonly TestbedOffer[]): string[] {
  return unique(offers.flatMap(({ near }) => near.switches.map(({ id }) => id)));
}

function nameOf({ name }: { name: string }): string {
  return name;
}

function blocksOf(campaign: Campaign): Block[] {
  return unique(campaign.dimensions).flatMap((dimension) =>
    unique(campaign.locations).flatMap((location) =>
      unique(campaign.pairs).map((pairs) => ({ dimension, location, pairs })),
    ),
  );
}

function sweepOf({ packetSizes, rates, bursts, touches, rxModerations, placements }: Campaign): Sweep {
  return {
    packetSizes: unique(packetSizes),
    rates: unique(rates ?? [null]),
    bursts: unique(bursts ?? [null]),
    touches: unique(touches),
    rxModerations: unique(rxModerations),
    placements: unique(placements),
  };
}

function inBlock(block: Block): (one: Block) => boolean {
  return ({ dimension, location, pairs }) =>
    dimension === block.dimension && location === block.location && pairs === block.pairs;
}

function fitnessOf(combinations: readonly Combination[]): Fitness {
  const count = (block: Block, test: (one: Combination) => boolean) =>
    combinations.filter(inBlock(block)).filter(test).length;
  return {
    runnable: (block) => count(block, ({ obstacles }) => obstacles.length === 0),
    skipped: (block) => count(block, ({ obstacles }) => obstacles.length > 0 && obstacles.every(({ named }) => named)),
    lacking: (block) => Math.min(...combinations.filter(inBlock(block)).map(missOf)),
  };
}

type Names = Record<'switches' | 'frameworks', readonly string[]>;
/** A combination as one or more testbeds can have it. */
type SameCombination = [Combination, ...Combination[]];

/** In the order of the campaign's lists, the same combination of several testbeds together. */
function inOrder(kept: readonly Combination[], blocks: readonly Block[], names: Names): SameCombination[] {
  return blocks.flatMap((block) => {
    const sorted = kept
      .filter(inBlock(block))
      .toSorted(
        (a, b) =>
          names.switches.indexOf(a.offer.id) - names.switches.indexOf(b.offer.id) ||
          names.frameworks.indexOf(a.framework.name) - names.frameworks.indexOf(b.framework.name),
      );
    const groups = Map.groupBy(sorted, ({ offer, framework, port }) => `${offer.id} ${framework.name} ${port}`);
    return [...groups.values()].flatMap(([first, ...others]): SameCombination[] =>
      first === undefined ? [] : [[first, ...others]],
    );
  });
}

/** What the user named, in that order, or everything there is. */
function chosen(field: string, names: readonly string[] | null, known: readonly string[]): Parsed<string[]> {
  const list = unique(names ?? known);
  const odd = list.find((name) => !known.includes(name));
  return odd === undefined ? { ok: true, value: list } : { ok: false, error: unknownName(field, odd, known) };
}

function unknownName(field: string, name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  // Beyond half of the word it is another word, and no slip.
  const likely =
    nearest !== undefined && nearest.distance <= Math.ceil(Math.max(name.length, nearest.candidate.length) / 2);
  const suggestion = likely ? `; did you mean '${nearest.candidate}'?` : '';
  return `${field}: '${name}' is not known; known are ${known.join(', ') || 'none'}${suggestion}`;
}

/** Letters to insert, delete or replace to make `b` of `a` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? a.length;
}

/** Why a combination cannot run. */
interface Obstacle {
  /** What is missing, with the mend. */
  text: string;
  /** The user named what is missing; nobody else is told about it. */
  named: boolean;
  kind: 'mendable' | 'unserved' | 'mismatch';
}

interface Combination extends Block {
  testbed: TestbedOffer;
  offer: SwitchOffer;
  framework: Framework;
  port: PortKind;
  obstacles: Obstacle[];
}

function cross(campaign: Campaign, testbed: TestbedOffer, names: Names): Combination[] {
  const switches = named(testbed.near.switches, names.switches, ({ id }) => id);
  const frameworks = named(testbed.frameworks, names.frameworks, nameOf);
  return blocksOf(campaign).flatMap((block) =>
    switches.flatMap((offer) =>
      frameworks.flatMap((framework) =>
        portsFor(offer, framework, campaign).map((port) => {
          const point = { ...block, testbed, offer, framework, port };
          return { ...point, obstacles: obstaclesOf(point, campaign) };
        }),
      ),
    ),
  );
}

/** The items with these names, in their order. */
function named<T>(items: readonly T[], names: readonly string[], of: (item: T) => string): T[] {
  return names.flatMap((name) => items.find((item) => of(item) === name) ?? []);
}

/** The kinds of port asked for, or those that fit; where none does, any, for the reason to be told with. */
function portsFor(offer: SwitchOffer, framework: Framework, { ports }: Campaign): readonly PortKind[] {
  if (ports !== null) return unique(ports);
  const common = offer.ports.filter((port) => portKindsOf(framework).includes(port));
  return common.length > 0 ? common : [offer.ports[0] ?? 'netdev'];
}

function obstaclesOf(point: Omit<Combination, 'obstacles'>, campaign: Campaign): Obstacle[] {
  const { location, pairs, offer, framework, port, testbed } = point;
  const namedSwitch = campaign.switches !== null;
  const namedIo = campaign.ios !== null;
  const obstacles: Obstacle[] = [];
  for (const text of missingOn(point)) obstacles.push({ text, named: namedSwitch, kind: 'mendable' });
  if (!offer.locations.includes(location)) {
    const text = `${offer.id} does not serve location ${location}; it serves ${offer.locations.join(', ')}`;
    obstacles.push({ text, named: namedSwitch, kind: 'unserved' });
  } else if (location === 'remote' && testbed.far === null) {
    const text = `testbed ${testbed.name} has one host; give one with two, such as --testbed netns`;
    obstacles.push({ text, named: namedSwitch, kind: 'mendable' });
  }
  if (offer.pairsMax !== undefined && pairs > offer.pairsMax) {
    const text = `${offer.id} serves at most ${offer.pairsMax} pairs, not ${pairs}; give -S ${offer.pairsMax}vs${offer.pairsMax} or less`;
    obstacles.push({ text, named: namedSwitch, kind: 'unserved' });
  }
  const refusal = offer.unserved?.[framework.name];
  if (refusal !== undefined) {
    const text = `${offer.id} cannot serve I/O framework ${framework.name}: ${refusal}; choose another --io`;
    obstacles.push({ text, named: namedIo, kind: 'unserved' });
  }
  const lacking = frameworkLacks(framework);
  // What is not built does not say which ports it opens.
  const fits = portKindsOf(framework).includes(port) && offer.ports.includes(port);
  if (lacking !== null) obstacles.push({ text: lacking, named: namedIo, kind: 'mendable' });
  if (!fits && framework.built) {
    // Named by neither: two good things that do not fit are left out, unless the user then gets nothing.
    obstacles.push({ text: mismatch(point, campaign), named: namedIo && lacking !== null, kind: 'mismatch' });
  } else if (campaign.wait === 'block' && framework.built && !framework.can_block) {
    const text = `applications with ${framework.name} cannot sleep until a packet comes; choose --wait poll or yield`;
    obstacles.push({ text, named: namedIo, kind: 'unserved' });
  }
  return obstacles;
}

/** What the switch lacks on the hosts where it has to run, the same of several told once. This machine goes without a name. */
function missingOn({ location, offer, testbed: { near, far } }: Omit<Combination, 'obstacles'>): string[] {
  const found = (location === 'remote' && far !== null ? [near, far] : [near]).flatMap(({ name, switches }) => {
    const available = switches.find(({ id }) => id === offer.id)?.available;
    if (available?.ok === true) return [];
    const text = available === undefined ? `${offer.id} is not known there` : `${available.missing}; ${available.mend}`;
    return [{ name, text }];
  });
  return [...Map.groupBy(found, ({ text }) => text)].map(([text, hosts]) => {
    const names = hosts.map(nameOf).filter((name) => name !== LOCAL_TESTBED);
    return names.length === 0 ? text : `on ${names.join(' and ')}: ${text}`;
  });
}

function frameworkLacks(framework: Framework): string | null {
  if (!framework.built) {
    return `I/O framework ${framework.name} is not built; install ${framework.needs} and build again (vswbench setup)`;
  }
  return framework.usable
    ? null
    : `I/O framework ${framework.name} cannot be used: ${framework.why ?? 'it does not say why'}`;
}

function mismatch(
  { framework, offer, port }: Pick<Combination, 'framework' | 'offer' | 'port'>,
  { ports }: Campaign,
): string {
  const opens = portKindsOf(framework).join(', ') || 'none';
  const gives = offer.ports.join(', ') || 'none';
  const what = ports === null ? 'a port' : `a ${port} port`;
  return (
    `I/O framework ${framework.name} cannot open ${what} of ${offer.id} ` +
    `(it opens: ${opens}; the switch gives: ${gives}); choose another --io${ports === null ? '' : ', --port'} or -V`
  );
}

/** What can run, what was named and cannot, and, for each name (or all) that would be left with nothing, its reasons. */
function keep(combinations: readonly Combination[], campaign: Campaign): Combination[] {
  const kept = new Set(combinations.filter(({ obstacles }) => obstacles.every((obstacle) => obstacle.named)));
  const rescue = (concerns: (combination: Combination) => boolean) => {
    const all = combinations.filter(concerns);
    if (!all.some((combination) => kept.has(combination))) for (const nearest of nearestMisses(all)) kept.add(nearest);
  };
  for (const id of campaign.switches ?? []) rescue(({ offer }) => offer.id === id);
  // A framework that merely fits none of the switches is missed only where nothing else is left (below).
  for (const name of campaign.ios ?? [])
    rescue((one) => one.framework.name === name && !one.obstacles.some(isMismatch));
  for (const kind of campaign.ports ?? []) rescue(({ port }) => port === kind);
  for (const asked of campaign.locations) rescue(({ location }) => location === asked);
  for (const asked of campaign.pairs) rescue(({ pairs }) => pairs === asked);
  return combinations.filter((combination) => kept.has(combination));
}

const MISS_WEIGHTS: Record<Obstacle['kind'], number> = { mendable: 1, unserved: 10, mismatch: 100 };

function isMismatch(obstacle: Obstacle): boolean {
  return obstacle.kind === 'mismatch';
}

function missOf({ obstacles }: Combination): number {
  return obstacles.reduce((sum, { kind }) => sum + MISS_WEIGHTS[kind], 0);
}

/** Those that lack least: what an installation can mend comes before what never fits. */
function nearestMisses(combinations: readonly Combination[]): Combination[] {
  const misses = combinations.map(missOf);
  const least = Math.min(...misses);
  return combinations.filter((_, index) => misses[index] === least);
}

function sweepLength(campaign: Campaign): number {
  return Object.values<readonly unknown[]>({ ...sweepOf(campaign) }).reduce(
    (product, { length }) => product * length,
    1,
  );
}

/** Every point of a sweep. */
function cellsOf({ packetSizes, rates, bursts, touches, rxModerations, placements }: Sweep): Cell[] {
  return packetSizes.flatMap((packetSize) =>
    rates.flatMap((rate) =>
      bursts.flatMap((burst) =>
        touches.flatMap((touch) =>
          rxModerations.flatMap((rxModeration) =>
            placements.map((placement) => ({ packetSize, rate, burst, touch, rxModeration, placement })),
          ),
        ),
      ),
    ),
  );
}

/** The cases of a combination, each as the testbed has it that runs it; none where that one does not have it. */
function sweepAll(
  same: SameCombination,
  campaign: Campaign,
  testbedOf: (cell: Cell) => TestbedOffer | undefined,
): PlannedCase[] {
  const planned = same.map((one) => ({ testbed: one.testbed, caseOf: caseMaker(one, campaign) }));
  return cellsOf(sweepOf(campaign)).flatMap((cell) => {
    const testbed = testbedOf(cell);
    return planned.find((one) => one.testbed === testbed)?.caseOf(cell) ?? [];
  });
}

/** What all cases of a combination have in common is worked out once. */
function caseMaker(combination: Combination, campaign: Campaign): (cell: Cell) => PlannedCase {
  const { dimension, location, pairs, offer, framework, port, testbed, obstacles } = combination;
  const placements = new Map(
    unique(campaign.placements).map((placement) => [placement, placementOf(campaign, combination, placement)]),
  );
  const lacking = obstacles.map((obstacle) => obstacle.text);
  return ({ rate, burst, ...cell }) => {
    const { wait, obstacle } = placements.get(cell.placement) ?? placementOf(campaign, combination, cell.placement);
    const reasons = [
      ...lacking,
      ...(obstacle === null ? [] : [obstacle]),
      ...frameObstacles(combination, cell.packetSize, campaign.fcs),
    ];
    return {
      case: {
        testbed: testbed.name,
        ...{ dimension, location, pairs },
        ...{ switch: offer.id, io: framework.name, port },
        ...{ ...cell, rate: rate ?? defaultRate(dimension), burst: burst ?? defaultBurst(dimension), wait },
      },
      skipped: reasons.length === 0 ? null : reasons.join('; also: '),
    };
  };
}

/**
 * Why a combination cannot be placed like that, and how its applications wait: two pollers on one CPU starve each other for whole time
 * slices; where they have to share, they yield.
 */
function placementOf(
  { wait }: Pick<Campaign, 'wait'>,
  { location, pairs, offer, testbed }: Combination,
  placement: TestCase['placement'],
): { wait: TestCase['wait']; obstacle: string | null } {
  // A remote case that no far host can take is only told of.
  const possible = location === 'remote' && testbed.far === null ? 'local' : location;
  const threads = threadsOf(offer, pairs);
  const obstacle = placementObstacle({ location, pairs, placement }, testbed, threads);
  if (wait !== 'auto') return { wait, obstacle };
  const asked = { location: possible, pairs, placement: obstacle === null ? placement : 'spread' } as const;
  return { wait: placeCase(asked, testbed, threads).sharedCpu ? 'yield' : 'poll', obstacle };
}

function threadsOf({ threads }: SwitchOffer, pairs: number): number {
  return typeof threads === 'number' ? threads : (threads[pairs - 1] ?? 0);
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
