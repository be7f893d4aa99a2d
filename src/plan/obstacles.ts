// SPDX-License-Identifier: Apache-2.0
// Why a combination of switch, framework and port cannot run, with the mend; and which of those that cannot are told of.
import type { Campaign } from '../model/campaign.ts';
import { type Framework, type PortKind, portKindsOf } from '../model/dataplane.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { SwitchOffer, TestbedOffer } from './offer.ts';
import type { Block } from './spread.ts';

/** Why a combination cannot run. */
export interface Obstacle {
  /** What is missing, with the mend. */
  text: string;
  /** The user named what is missing; nobody else is told about it. */
  named: boolean;
  kind: 'mendable' | 'unserved' | 'mismatch';
}

/** A switch, a framework and a port of a testbed, in a block. */
export interface Combination extends Block {
  testbed: TestbedOffer;
  offer: SwitchOffer;
  framework: Framework;
  port: PortKind;
  obstacles: Obstacle[];
}

/** All that is in the way of a combination; none where it can run. */
export function obstaclesOf(point: Omit<Combination, 'obstacles'>, campaign: Campaign): Obstacle[] {
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
    const names = hosts.map(({ name }) => name).filter((name) => name !== LOCAL_TESTBED);
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
export function keep(combinations: readonly Combination[], campaign: Campaign): Combination[] {
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

/** How far a combination is from being able to run. */
export function missOf({ obstacles }: Combination): number {
  return obstacles.reduce((sum, { kind }) => sum + MISS_WEIGHTS[kind], 0);
}

/** Those that lack least: what an installation can mend comes before what never fits. */
function nearestMisses(combinations: readonly Combination[]): Combination[] {
  const misses = combinations.map(missOf);
  const least = Math.min(...misses);
  return combinations.filter((_, index) => misses[index] === least);
}
