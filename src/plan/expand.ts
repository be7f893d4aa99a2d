// SPDX-License-Identifier: Apache-2.0
// From a campaign to its test cases, on machines that may lack some of what it asks for. What the user named and cannot
// have stays in the plan with the reason; what the user left to the machine is simply not chosen.

import { asDeployed } from '../model/background.ts';
import type { Campaign } from '../model/campaign.ts';
import { type Framework, type PortKind, portKindsOf } from '../model/dataplane.ts';
import type { PlannedCase } from '../model/result.ts';
import { largestBytes } from '../model/sizes.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import type { Parsed } from '../model/units.ts';
import { arrivalObstacles } from './arrivals.ts';
import { backgroundObstacles } from './background.ts';
import { burstObstacles } from './burst.ts';
import { churnObstacles } from './churn.ts';
import { directionObstacles } from './direction.ts';
import { encapsulationObstacles } from './encapsulation.ts';
import { flowObstacles } from './flows.ts';
import { frameObstacles } from './frames.ts';
import { macObstacles } from './macs.ts';
import { frameworksKnown, switchesKnown, unique } from './names.ts';
import { type Combination, keep, missOf, obstaclesOf } from './obstacles.ts';
import { type SwitchOffer, type TestbedOffer, threadsOf } from './offer.ts';
import { optionObstacles } from './options.ts';
import { placeCase, placementObstacle } from './placement.ts';
import { mixObstacles } from './sizes.ts';
import { type Block, type Cell, type Fitness, spread } from './spread.ts';
import { cellsOf, pointOf, sizeOf, sweepOf } from './sweep.ts';
import { workerObstacles } from './workers.ts';

/** No campaign is longer: at three seconds a trial this is three days for one round. */
const CASES_MAX = 100_000;

/**
 * All test cases of a campaign, in the order of its lists (dimension, location, pairs, switch, io, packet size, rate,
 * burst and so on, as parameters.ts has them). What cannot run has `skipped`, the reason with the mend. The error is one line.
 *
 * With several testbeds each case runs on one of them, and cases that are compared with each other on the same one: see spread.ts.
 */
export function expandCampaign(campaign: Campaign, offers: readonly TestbedOffer[]): Parsed<PlannedCase[]> {
  const switches = switchesKnown(campaign, idsOf(offers));
  if (!switches.ok) return switches;
  const frameworks = frameworksKnown(campaign, unique(offers.flatMap((one) => one.frameworks.map(nameOf))));
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
  const count = kept.length * sizeOf(sweepOf(campaign));
  if (count > CASES_MAX) return tooMany(count);
  return {
    ok: true,
    value: kept.flatMap((same) => sweepAll(same, campaign, (cell) => offers[assignment.testbedOf(same[0], cell)])),
  };
}

/** The cases of several campaigns, each once: sweeps that no single one has. The error is one line. */
export function expandTogether(campaigns: readonly Campaign[], offers: readonly TestbedOffer[]): Parsed<PlannedCase[]> {
  const expanded = campaigns.map((campaign) => expandCampaign(campaign, offers));
  const refused = expanded.find((one) => !one.ok);
  if (refused !== undefined) return refused;
  const cases = new Map(
    expanded.flatMap((one) => (one.ok ? one.value : [])).map((planned) => [caseKey(planned.case), planned]),
  );
  if (cases.size > CASES_MAX) return tooMany(cases.size);
  return { ok: true, value: [...cases.values()] };
}

function tooMany(count: number): Parsed<PlannedCase[]> {
  return {
    ok: false,
    error: `the campaign has ${count} test cases; at most ${CASES_MAX} are allowed: sweep less`,
  };
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
  const placed = new Map<string, ReturnType<typeof placementOf>>();
  const lacking = obstacles.map((obstacle) => obstacle.text);
  return (cell) => {
    const point = pointOf(cell, dimension, campaign);
    const { placement, switchThreads, background } = point;
    const asked = `${placement} ${switchThreads} ${background === 'none'}`;
    const known = placed.get(asked) ?? placementOf(campaign, combination, point);
    placed.set(asked, known);
    const { wait, obstacle } = known;
    const reasons = [
      ...lacking,
      ...(obstacle === null ? [] : [obstacle]),
      ...frameObstacles(combination, largestBytes(point.packetSize), campaign.fcs),
      ...mixObstacles(framework, point.packetSize),
      ...flowObstacles(framework, { dimension, ...point }),
      ...macObstacles(combination, point),
      ...encapsulationObstacles(combination, point, campaign.fcs),
      ...workerObstacles(combination, point),
      ...optionObstacles(combination, point, campaign),
      ...directionObstacles({ dimension, ...point }),
      ...burstObstacles({ dimension, ...point }),
      ...churnObstacles(combination, point, campaign.durationMs),
      ...arrivalObstacles(point, campaign.durationMs),
      ...backgroundObstacles(combination, point, campaign.durationMs),
    ];
    return {
      case: {
        testbed: testbed.name,
        ...{ dimension, location, pairs },
        ...{ switch: offer.id, io: framework.name, port },
        ...{ ...point, wait },
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
  { dimension, location, pairs: measured, offer, testbed }: Combination,
  { placement, switchThreads, background }: Pick<TestCase, 'placement' | 'switchThreads' | 'background'>,
): { wait: TestCase['wait']; obstacle: string | null } {
  const { pairs } = asDeployed({ dimension, pairs: measured, background });
  // A remote case that no far host can take is only told of.
  const possible = location === 'remote' && testbed.far === null ? 'local' : location;
  const threads = threadsOf(offer, { pairs, switchThreads });
  const obstacle = placementObstacle({ location, pairs, placement }, testbed, threads);
  if (wait !== 'auto') return { wait, obstacle };
  const asked = { location: possible, pairs, placement: obstacle === null ? placement : 'spread' } as const;
  return { wait: placeCase(asked, testbed, threads, offer.workers).sharedCpu ? 'yield' : 'poll', obstacle };
}
