// SPDX-License-Identifier: Apache-2.0
// A testbed as a campaign's plan and record see it.
import { basename } from 'node:path';
import { z } from 'zod';
import { formOf } from '../host/connect.ts';
import type { Host } from '../host/host.ts';
import type { Build } from '../host/inventory.ts';
import { clockErrorOf, takeInventory } from '../host/inventory.ts';
import { type NetworkCard, networkCard } from '../host/network-card.ts';
import { programSums } from '../host/program-sums.ts';
import type { Framework } from '../model/dataplane.ts';
import { PROGRAM_SUM } from '../model/inventory.ts';
import { PAIRS_MAX } from '../model/parameters.ts';
import type { HostRecord, TestbedSpec } from '../model/testbed.ts';
import type { HostOffer, SwitchOffer, TestbedOffer, UplinkOffer } from '../plan/offer.ts';
import { probe } from '../run/probe.ts';
import type { ConnectedTestbed, SeenHost } from '../run/testbed.ts';
import { type Probe, type SwitchDriver, threadsFor } from '../switches/driver.ts';

export interface TestbedView {
  testbed: ConnectedTestbed;
  offer: TestbedOffer;
  hosts: HostRecord[];
}

/** This machine takes part, as itself or by namespaces of it. */
export function isHere({ near, far }: TestbedSpec): boolean {
  return [near, far].some((host) => host !== undefined && formOf(host).form !== 'ssh');
}

/** Names of its hosts that are other machines. */
export function otherMachines({ near, far }: TestbedSpec): string[] {
  return [near, far].flatMap((host) => (host !== undefined && formOf(host).form === 'ssh' ? [host.host] : []));
}

/** What a testbed has, and what is to be recorded of it. Nothing is changed. */
export async function viewOf(
  testbed: ConnectedTestbed,
  drivers: readonly SwitchDriver[],
  build: Build,
): Promise<TestbedView> {
  const views = await Promise.all((await testbed.seen()).map((seen) => viewOfHost(testbed.name, seen, drivers, build)));
  const [near, far] = views;
  if (near === undefined) throw new RangeError('a testbed has a host');
  return {
    testbed,
    offer: {
      name: testbed.name,
      frameworks: commonFrameworks(views.map(({ seen }) => seen)),
      near: near.offer,
      far: far?.offer ?? null,
      sameMachine: testbed.sameMachine,
    },
    hosts: views.map(({ record }) => record),
  };
}

async function viewOfHost(testbed: string, seen: SeenHost, drivers: readonly SwitchDriver[], build: Build) {
  const { host, role, spec, cpus, uplinkNode, artifacts } = seen;
  const uplinks = spec.uplink === undefined ? [] : [spec.uplink];
  const clockErrorNs = await clockErrorOf(host, artifacts.programs);
  const [switches, inventory] = await Promise.all([
    Promise.all(drivers.map((driver) => offerOf(driver, host))),
    takeInventory(host, build, clockErrorNs, uplinks),
  ]);
  const versions = switches.flatMap(({ id, available }) =>
    available.ok ? [[`switch ${id}`, available.version] as const] : [],
  );
  const programs = drivers.flatMap(({ ownProgram }, index) => {
    const available = switches[index]?.available;
    if (available?.ok !== true) return [];
    return available.program ?? (ownProgram === undefined ? [] : `${artifacts.programs}/${ownProgram}`);
  });
  const uplink = spec.uplink === undefined ? null : await uplinkOffer(host, spec.uplink);
  const offer: HostOffer = { name: spec.host, switches, cpus, uplinkNode, uplink };
  const record: HostRecord = {
    ...{ testbed, role, name: spec.host },
    uplink: spec.uplink === undefined ? null : uplinkRecord(spec.uplink, await networkCard(host, spec.uplink)),
    tuning: [],
    leftBehind: [],
    inventory: {
      ...inventory,
      // The record tells which CPUs were used, those that were left out by name among the others.
      cpus: inventory.cpus.map((one) => ({ ...one, allowed: cpus.some(({ id }) => id === one.id) })),
      versions: {
        ...inventory.versions,
        ...Object.fromEntries(versions),
        ...(await sumsOf(host, [artifacts.application, ...programs])),
      },
    },
  };
  return { seen, offer, record };
}

/** Of the traffic application, and of those switches that are a program: what is not there yet has none. */
async function sumsOf(host: Host, paths: readonly string[]): Promise<Record<string, string>> {
  const sums = await programSums(host, [...new Set(paths)]);
  return Object.fromEntries([...sums].map(([path, sum]) => [`${PROGRAM_SUM}${basename(path)}`, sum]));
}

async function offerOf(driver: SwitchDriver, host: Host): Promise<SwitchOffer> {
  const {
    id,
    title,
    ports,
    locations,
    workers,
    pairsMax,
    frameLimit,
    unserved,
    uncarried,
    oneAddress,
    options,
    hotplug,
  } = driver;
  const limits = {
    ...(workers === undefined ? {} : { workers }),
    ...(pairsMax === undefined ? {} : { pairsMax }),
    ...(frameLimit === undefined ? {} : { frameLimit }),
    ...(unserved === undefined ? {} : { unserved }),
    ...(uncarried === undefined ? {} : { uncarried }),
    ...(oneAddress === undefined ? {} : { oneAddress }),
    ...(options === undefined ? {} : { options }),
    ...(hotplug === undefined ? {} : { hotplug }),
  };
  const offer = { id, title, ports, locations, ...limits };
  return { ...offer, threads: threadsByPairs(driver), available: asOffer(await probe(driver, host)) };
}

/** For one pair, two pairs and so on. */
function threadsByPairs(driver: SwitchDriver): number | number[] {
  if (typeof driver.threads === 'number') return driver.threads;
  return Array.from({ length: PAIRS_MAX }, (_, index) =>
    threadsFor(driver, { pairs: index + 1, switchThreads: 'auto' }),
  );
}

function asOffer(probe: Probe): SwitchOffer['available'] {
  return probe.available
    ? {
        ...{ ok: true, version: probe.version },
        ...(probe.program === undefined ? {} : { program: probe.program }),
        ...(probe.without === undefined ? {} : { without: probe.without }),
      }
    : { ok: false, missing: probe.missing, mend: probe.mend };
}

/** A framework can be used where it can be on both hosts. */
function commonFrameworks([near, far]: readonly SeenHost[]): Framework[] {
  const known = near?.artifacts.frameworks ?? [];
  if (far === undefined) return known;
  return known.map((framework) => {
    const there = far.artifacts.frameworks.find(({ name }) => name === framework.name);
    const works = !framework.built || !framework.usable || (there?.built === true && there.usable);
    const why = there?.built === true && !there.usable ? there.why : 'it is not built';
    return works ? framework : { ...framework, usable: false, why: `on ${far.spec.host}: ${why}` };
  });
}

const LinkSchema = z.array(z.looseObject({ mtu: z.int(), max_mtu: z.int().optional() }));

/** Null where it is not there, or not yet. */
async function uplinkOffer(host: Host, name: string): Promise<UplinkOffer | null> {
  const { exitCode, stdout } = await host.run(['ip', '-details', '-json', 'link', 'show', 'dev', name]);
  const [link] = exitCode === 0 ? LinkSchema.parse(JSON.parse(stdout)) : [];
  // A driver that says nothing of its largest MTU (0) is not asked for more than it has.
  return link === undefined ? null : { interface: name, mtu: link.mtu, mtuMax: link.max_mtu || link.mtu };
}

function uplinkRecord(name: string, { driver, speedMbps, node }: NetworkCard): HostRecord['uplink'] {
  return { interface: name, driver, lineRateBps: speedMbps === null ? null : speedMbps * 1e6, node };
}
