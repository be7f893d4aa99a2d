// SPDX-License-Identifier: Apache-2.0
// From a campaign to its test cases, on a machine that may lack some of what it asks for. What the user named and cannot
// have stays in the plan with the reason; what the user left to the machine is simply not chosen.
import type { Campaign } from '../model/campaign.ts';
import { type Framework, type PortKind, portKindsOf } from '../model/dataplane.ts';
import type { Cpu } from '../model/inventory.ts';
import type { PlannedCase } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Parsed } from '../model/units.ts';
import { placeTrial } from './placement.ts';

/** A switch of the registry, and whether this machine can run it. */
export interface SwitchOffer {
  id: string;
  title: string;
  ports: readonly PortKind[];
  locations: readonly TestCase['location'][];
  /** CPU threads of its own. */
  threads: number;
  /** The most pairs that it can serve at once; unlimited where absent. */
  pairsMax?: number;
  available: { ok: true; version: string } | { ok: false; missing: string; mend: string };
}

/** What a machine has to run a campaign with. */
export interface MachineOffer {
  switches: readonly SwitchOffer[];
  frameworks: readonly Framework[];
  cpus: readonly Cpu[];
  /** CPU numbers that this process may use; all where absent. */
  allowedCpus?: readonly number[];
}

/** No campaign is longer: at three seconds a trial this is three days for one round. */
const CASES_MAX = 100_000;

/** Packets/s of a latency test where the campaign gives no rate: as in the paper's §4.5. */
const LATENCY_RATE_PPS = 1000;

/**
 * All test cases of a campaign, in the order of its lists (dimension, location, pairs, switch, io, packet size, rate,
 * burst, touch). What cannot run has `skipped`, the reason with the mend. The error is one line.
 */
export function expandCampaign(campaign: Campaign, offer: MachineOffer): Parsed<PlannedCase[]> {
  const switches = chosen('switch (-V)', campaign.switches, offer.switches, (item) => item.id);
  if (!switches.ok) return switches;
  const frameworks = chosen('io (--io)', campaign.ios, offer.frameworks, (item) => item.name);
  if (!frameworks.ok) return frameworks;
  const cpus = offer.cpus.filter((cpu) => offer.allowedCpus?.includes(cpu.id) ?? true);
  if (cpus.length === 0) return { ok: false, error: 'no CPU may be used: allow this process one (see taskset(1))' };

  const combinations = cross(campaign, switches.value, frameworks.value);
  const kept = keep(combinations, campaign);
  const count = kept.length * sweepLength(campaign);
  if (count > CASES_MAX) {
    return { ok: false, error: `the campaign has ${count} test cases; at most ${CASES_MAX} are allowed: sweep less` };
  }
  return { ok: true, value: kept.flatMap((combination) => sweep(combination, campaign, cpus)) };
}

/** What the user named, in that order, or everything there is. */
function chosen<T>(
  field: string,
  names: readonly string[] | null,
  items: readonly T[],
  nameOf: (item: T) => string,
): Parsed<T[]> {
  if (names === null) return { ok: true, value: [...items] };
  const found: T[] = [];
  for (const name of new Set(names)) {
    const item = items.find((candidate) => nameOf(candidate) === name);
    if (item === undefined) return { ok: false, error: unknownName(field, name, items.map(nameOf)) };
    found.push(item);
  }
  return { ok: true, value: found };
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

interface Combination {
  dimension: TestCase['dimension'];
  location: TestCase['location'];
  pairs: number;
  offer: SwitchOffer;
  framework: Framework;
  port: PortKind;
  obstacles: Obstacle[];
}

function cross(campaign: Campaign, switches: readonly SwitchOffer[], frameworks: readonly Framework[]): Combination[] {
  return unique(campaign.dimensions).flatMap((dimension) =>
    unique(campaign.locations).flatMap((location) =>
      unique(campaign.pairs).flatMap((pairs) =>
        switches.flatMap((offer) =>
          frameworks.flatMap((framework) =>
            portsFor(offer, framework, campaign).map((port) => {
              const point = { dimension, location, pairs, offer, framework, port };
              return { ...point, obstacles: obstaclesOf(point, campaign) };
            }),
          ),
        ),
      ),
    ),
  );
}

/** The kinds of port asked for, or those that fit; where none does, any, for the reason to be told with. */
function portsFor(offer: SwitchOffer, framework: Framework, { ports }: Campaign): readonly PortKind[] {
  if (ports !== null) return unique(ports);
  const common = offer.ports.filter((port) => portKindsOf(framework).includes(port));
  return common.length > 0 ? common : [offer.ports[0] ?? 'netdev'];
}

function obstaclesOf(point: Omit<Combination, 'obstacles'>, campaign: Campaign): Obstacle[] {
  const { location, pairs, offer, framework, port } = point;
  const namedSwitch = campaign.switches !== null;
  const namedIo = campaign.ios !== null;
  const obstacles: Obstacle[] = [];
  if (!offer.available.ok) {
    obstacles.push({
      text: `${offer.available.missing}; ${offer.available.mend}`,
      named: namedSwitch,
      kind: 'mendable',
    });
  }
  if (!offer.locations.includes(location)) {
    const text = `${offer.id} does not serve location ${location}; it serves ${offer.locations.join(', ')}`;
    obstacles.push({ text, named: namedSwitch, kind: 'unserved' });
  }
  if (offer.pairsMax !== undefined && pairs > offer.pairsMax) {
    const text = `${offer.id} serves at most ${offer.pairsMax} pairs; give fewer than ${pairs}`;
    obstacles.push({ text, named: namedSwitch, kind: 'unserved' });
  }
  const lacking = frameworkLacks(framework);
  if (lacking !== null) {
    obstacles.push({ text: lacking, named: namedIo, kind: 'mendable' });
  } else if (!(portKindsOf(framework).includes(port) && offer.ports.includes(port))) {
    // Named by neither: two good things that do not fit are left out, unless the user then gets nothing.
    obstacles.push({ text: mismatch(point, campaign), named: false, kind: 'mismatch' });
  } else if (campaign.wait === 'block' && framework.built && !framework.can_block) {
    const text = `applications with ${framework.name} cannot sleep until a packet comes; choose --wait poll or yield, or another --io`;
    obstacles.push({ text, named: namedIo, kind: 'unserved' });
  }
  return obstacles;
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

/** Those that lack least: what an installation can mend comes before what never fits. */
function nearestMisses(combinations: readonly Combination[]): Combination[] {
  const misses = combinations.map(({ obstacles }) => obstacles.reduce((sum, { kind }) => sum + MISS_WEIGHTS[kind], 0));
  const least = Math.min(...misses);
  return combinations.filter((_, index) => misses[index] === least);
}

function sweepLength(campaign: Campaign): number {
  const { packetSizes, rates, bursts, touches } = campaign;
  return [packetSizes, rates ?? ['default'], bursts, touches].reduce(
    (product, list) => product * new Set<unknown>(list).size,
    1,
  );
}

function sweep(combination: Combination, campaign: Campaign, cpus: readonly Cpu[]): PlannedCase[] {
  const { dimension, location, pairs, offer, framework, port, obstacles } = combination;
  const rates = campaign.rates ?? [defaultRate(dimension)];
  const wait = waitOf(campaign.wait, cpus, pairs, offer.threads);
  const skipped = obstacles.length === 0 ? null : obstacles.map((obstacle) => obstacle.text).join('; also: ');
  return unique(campaign.packetSizes).flatMap((packetSize) =>
    unique(rates).flatMap((rate) =>
      unique(campaign.bursts).flatMap((burst) =>
        unique(campaign.touches).map((touch) => ({
          case: {
            dimension,
            location,
            pairs,
            switch: offer.id,
            io: framework.name,
            port,
            packetSize,
            rate,
            burst,
            touch,
            wait,
          },
          skipped,
        })),
      ),
    ),
  );
}

function defaultRate(dimension: TestCase['dimension']): TestCase['rate'] {
  switch (dimension) {
    case 'throughput':
      return 'max';
    case 'latency':
      return LATENCY_RATE_PPS;
    default:
      return dimension satisfies never;
  }
}

/** Two pollers on one CPU starve each other for whole time slices; where they have to share, they yield. */
function waitOf(wait: Campaign['wait'], cpus: readonly Cpu[], pairs: number, threads: number): TestCase['wait'] {
  if (wait !== 'auto') return wait;
  return placeTrial(cpus, pairs, threads).sharedCpu ? 'yield' : 'poll';
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
