// SPDX-License-Identifier: Apache-2.0
// The containers of a trial: an application in each, on its port of the switch.
import timers from 'node:timers/promises';
import { type Host, HostError, runOrThrow } from '../host/host.ts';
import { type Attachment, type Container, initPid, startContainer } from '../host/lxc.ts';
import { enter } from '../host/namespace.ts';
import { type NetdevReading, parseNetDev, readNetdev } from '../host/netdev.ts';
import { newcomerCase } from '../model/churn.ts';
import { formatCpuList } from '../model/cpu-list.ts';
import { networksOf } from '../model/encapsulation.ts';
import { macOf } from '../model/station.ts';
import { bothSend, type TestCase } from '../model/testcase.ts';
import { NETMAP_DEVICE, type Port, SOCKETS, TUN_DEVICE } from '../switches/driver.ts';
import { Application, type ApplicationPlan, applicationCommand, ipOf } from './application.ts';
import { allEnded } from './concurrency.ts';
import type { InterfaceCounters } from './counters.ts';
import { TrialFailure } from './failure.ts';
import type { GuardedSwitch } from './guard.ts';
import type { Side } from './testbed.ts';
import type { TrialContext, TrialPlan } from './trial.ts';

/** A switch is asked so often, and for so long, whether it knows where everybody is. */
/** The step of a trial in which the switch learns where everybody is; nothing has been measured yet. */
export const SETTLE = 'settle switch';
const SETTLE_INTERVAL_MS = 10;
const SETTLE_TIMEOUT_MS = 5_000;
/** A network card that was down needs seconds to agree on its speed with the other end. */
const SETTLE_UPLINK_TIMEOUT_MS = 20_000;

/** An application in its container on its port. */
export interface Deployment {
  side: Side;
  port: Port;
  container: Container;
  application: Application;
  /** Ids by which a switch tells networks apart; none where packets have no tag. */
  vlans: readonly number[];
  /** Of the container's first process; known once the application is ready. */
  pid: number;
}

/** Whether it sends and receives, as the other end of its pair does. */
export function isPeer({ application: { plan } }: Pick<Deployment, 'application'>): boolean {
  return bothSend(plan.testCase);
}

/** Whether it has to be at work before anybody sends. */
export function receivesFirst(deployment: Pick<Deployment, 'application' | 'port'>): boolean {
  return deployment.port.end === 'sink' || isPeer(deployment);
}

/** The phases of a trial. */
export type ApplicationContext = Pick<TrialContext, 'warmupMs' | 'durationMs'> &
  Pick<ApplicationPlan, 'cooldownMs' | 'isQuiet'>;

/** Starts a container on a port, with its application. */
export async function deploy(
  context: ApplicationContext,
  plan: TrialPlan,
  side: Side,
  port: Port,
): Promise<Deployment> {
  const application = applicationOf(context, plan, side, port);
  const name = `vswbench-${port.pair}-${port.end}`;
  const container = await startContainer(
    side.host,
    side.containers,
    {
      name,
      root: side.artifacts.root,
      attachment: attachmentOf(port),
      command: applicationCommand(application),
      isolated: side.cpus.some((one) => one.isolated && one.id === application.cpu)
        ? formatCpuList(side.cpus.map(({ id }) => id))
        : null,
    },
    side.undo,
  );
  return {
    ...{ side, port, container, application: new Application(name, application, container.process), pid: 0 },
    vlans: networksOf(application.testCase),
  };
}

/** What the application on a port does in a trial. */
export function applicationOf(context: ApplicationContext, plan: TrialPlan, side: Side, port: Port): ApplicationPlan {
  const cpu = plan.placement.pairs[port.pair]?.[port.end];
  if (cpu === undefined) throw new RangeError(`the placement has no CPU for pair ${port.pair}`);
  return {
    testCase: testCaseOf(plan, port.pair),
    pair: port.pair,
    end: port.end,
    device: port.kind === 'netdev' ? 'eth0' : port.device,
    cpu,
    warmupMs: context.warmupMs,
    durationMs: context.durationMs,
    cooldownMs: context.cooldownMs,
    ...(context.isQuiet === undefined ? {} : { isQuiet: context.isQuiet }),
    ...(plan.churn ? finely(plan.testCase) : {}),
    epochNs: side.host.epochNs,
    runTag: plan.runTag,
  };
}

/** What happens within milliseconds takes samples of one. */
const FINE_MS = 1;

/** Of who is to tell what happened when. */
function finely({ rate }: TestCase): Pick<ApplicationPlan, 'intervalMs' | 'gapPackets'> {
  const perMs = rate === 'max' ? 1 : Math.round((rate * FINE_MS) / 1000);
  return { intervalMs: FINE_MS, gapPackets: Math.max(1, perMs) };
}

/** What a pair does: that which is measured, or the background, or who comes and goes. */
function testCaseOf({ testCase, background }: TrialPlan, pair: number): TestCase {
  if (pair < testCase.pairs) return testCase;
  if (testCase.dimension === 'churn') return newcomerCase(testCase);
  if (background === null) throw new RangeError(`the trial has no pair ${pair}`);
  return background.testCase;
}

function attachmentOf(port: Port): Attachment {
  const [mac, address] = [macOf(port.pair, port.end), `${ipOf(port.pair, port.end)}/24`];
  switch (port.kind) {
    case 'netdev':
      return {
        ...{ kind: 'interface', interface: port.interface, mac, address },
        ...(port.namespace === undefined ? {} : { namespace: port.namespace }),
      };
    case 'netmap':
      return { kind: 'namespace', namespace: port.namespace, devices: [NETMAP_DEVICE] };
    case 'tap':
      return { kind: 'namespace', namespace: port.namespace, devices: [TUN_DEVICE] };
    case 'vf':
      return { kind: 'devices', devices: port.devices };
    case 'vhost-user':
    case 'memif':
      return { kind: 'directory', directory: port.directory, target: SOCKETS };
    default:
      return port satisfies never;
  }
}

/** Fills in the deployments' process ids, which are known once their applications are ready. */
export async function identify(deployments: readonly Deployment[]): Promise<void> {
  await allEnded(
    deployments.map(async (deployment) => {
      const { host, containers, undo } = deployment.side;
      deployment.pid = await initPid(host, containers, deployment.container, undo);
    }),
  );
}

/** Waits until the switch knows where everybody is, so that nobody is measured while flooding. */
export async function settle(
  side: Side,
  running: GuardedSwitch,
  deployments: readonly Deployment[],
  signal: AbortSignal,
): Promise<void> {
  const behind = deployments.map((deployment) => ({
    ...deployment.port,
    mac: macOf(deployment.port.pair, deployment.port.end),
    at: deployment.side === side ? ('port' as const) : ('uplink' as const),
    ...(deployment.vlans.length === 0 ? {} : { vlans: deployment.vlans }),
  }));
  const isAlone = deployments.every((deployment) => deployment.side === side);
  const timeoutMs = isAlone ? SETTLE_TIMEOUT_MS : SETTLE_UPLINK_TIMEOUT_MS;
  const began = performance.now();
  for (;;) {
    const missing = await running.settled(behind);
    if (missing === null) return;
    if (performance.now() - began >= timeoutMs) throw new TrialFailure(SETTLE, missing);
    for (const { application } of deployments) application.announce();
    await timers.setTimeout(SETTLE_INTERVAL_MS, undefined, { signal });
  }
}

/** Waits for the ends of containers that were told to end. Where LXC has ended one well, nothing is left of it to be stopped. */
export async function awaitEnds(
  deployments: readonly Deployment[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    deployments.map(async ({ application, container, side }) => {
      await application.ended(timeoutMs, signal);
      if ((await container.process.ended).exitCode === 0) side.undo.forget(container.stop);
    }),
  );
}

/** Counters of the interfaces that containers have, as these see them; those with other ports have none. */
export async function readInside(deployments: readonly Deployment[]): Promise<InterfaceCounters[]> {
  return Promise.all(
    deployments.flatMap(({ side: { host }, port, pid }) =>
      port.kind === 'netdev' ? [readNetdev(host, pid, 'eth0').then((counters) => ({ port, counters }))] : [],
    ),
  );
}

/**
 * The same after the ends of the containers. An interface keeps its counters when its container ends and it is moved back, under its old
 * name, to where it was: there the last word is read.
 */
export async function readReturned(deployments: readonly Deployment[]): Promise<InterfaceCounters[]> {
  const tables = new Map<string, Promise<Map<string, NetdevReading>>>();
  const counters = deployments.map(async ({ side: { host, role }, port }): Promise<InterfaceCounters[]> => {
    if (port.kind !== 'netdev') return [];
    const { interface: name, namespace } = port;
    const place = `${role} ${namespace ?? ''}`;
    const table = tables.get(place) ?? readTable(host, namespace);
    tables.set(place, table);
    const found = (await table).get(name);
    if (found === undefined) throw new HostError(`no interface ${name} in ${namespace ?? 'the host’s network'}`);
    return [{ port, counters: found }];
  });
  return (await Promise.all(counters)).flat();
}

async function readTable(host: Host, namespace: string | undefined): Promise<Map<string, NetdevReading>> {
  return parseNetDev(
    namespace === undefined
      ? ((await host.read('/proc/self/net/dev')) ?? '')
      : await runOrThrow(host, [...enter(namespace), 'cat', '/proc/net/dev']),
  );
}
