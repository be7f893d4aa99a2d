// SPDX-License-Identifier: Apache-2.0
// A testbed at work: its one or two hosts, each connected, prepared and with a journal of its own; one that was lost is
// connected again when it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artifacts } from '../host/artifacts.ts';
import { bootIdOf } from '../host/boot.ts';
import { connectHost, formOf } from '../host/connect.ts';
import { countsInterruptsApart } from '../host/cpu.ts';
import { type ConnectedHost, type Host, HostError, HostLostError, runOrThrow } from '../host/host.ts';
import { installArtifacts, removeOldInstallations } from '../host/install.ts';
import { ownNameOf } from '../host/interface-name.ts';
import { clocksourceOf, hostnameOf } from '../host/inventory.ts';
import { localHost } from '../host/local.ts';
import { type ContainerDirectory, prepareContainers } from '../host/lxc.ts';
import { networkCard } from '../host/network-card.ts';
import type { Cpu } from '../model/inventory.ts';
import type { HostSpec, TestbedSpec } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Uplink } from '../switches/driver.ts';
import { allEnded } from './concurrency.ts';
import { usableCpus } from './cpus.ts';
import { type Journal, openJournal, recover, STATE_DIRECTORY } from './journal.ts';

export type HostRole = 'near' | 'far';

/** One host of a testbed, ready for trials. */
export interface Side {
  role: HostRole;
  host: Host;
  /** What it calls itself. */
  hostname: string;
  undo: Journal;
  artifacts: Artifacts;
  /** That may be used. */
  cpus: readonly Cpu[];
  /** NUMA node of its uplink; null where that is not known, or there is none. */
  uplinkNode: number | null;
  /** What its kernel told the time by when it was prepared; null where it does not say. */
  clocksource: string | null;
  /** Its kernel counts interrupts beside the time of threads, and not within it; null where it does not say. */
  interruptsApart: boolean | null;
  uplink: Uplink | null;
  /** Everything of this side that exists only while something runs. */
  directory: string;
  containers: ContainerDirectory;
}

/** What a campaign runs on. */
export interface Testbed {
  readonly name: string;
  /** Both hosts are namespaces of one machine, and share its CPUs, clock and memory. */
  readonly sameMachine: boolean;
  /**
   * The hosts that a test case needs, the near one first; one that was lost is connected again, if it is back within a while.
   * Throws HostError.
   */
  sides(location: TestCase['location'], signal: AbortSignal): Promise<Side[]>;
}

/** The built-in testbed of two namespaces and a cable: made when it is opened, gone when it is closed. */
const OWN_NAMESPACE = /^netns:(vswbench-.+)$/;

export interface TestbedPlan {
  name: string;
  spec: TestbedSpec;
  /** Of this run: the same for all its journals. */
  session: string;
  /** What was built here, the agent among it. */
  artifacts: Artifacts;
  /** Only look: nothing is put on a host. */
  lookOnly: boolean;
  /** Speaks to the user. */
  tell(line: string): void;
}

/** A host of a testbed as it is seen before anything is touched. */
export interface SeenHost {
  role: HostRole;
  spec: HostSpec;
  /** Its own connection or, for a namespace that is made only later, the machine that it is going to be on. */
  host: Host;
  artifacts: Artifacts;
  cpus: readonly Cpu[];
  /** NUMA node of its uplink; null where that is not known, or there is none. */
  uplinkNode: number | null;
}

/** How long a lost host is waited for, once; and how often it is looked for then. */
const RETURN_TIMEOUT_MS = 60_000;
const RETURN_POLL_MS = 3_000;

/** Connected first, then prepared, then left: each only once, but for a host that is lost meanwhile. */
export class ConnectedTestbed implements Testbed {
  readonly name: string;
  sameMachine = false;
  /** Which machines take part: equal ids are one machine. */
  machines: readonly string[] = [];
  private readonly plan: TestbedPlan;
  private readonly seats: Seat[];
  /** Of the machine that vswbench runs on, for namespaces that are made there. */
  private local: Journal | null = null;

  private constructor(plan: TestbedPlan) {
    this.plan = plan;
    this.name = plan.name;
    const { near, far } = plan.spec;
    this.seats = [new Seat(plan, 'near', near), ...(far === undefined ? [] : [new Seat(plan, 'far', far)])];
  }

  /** Reaches its hosts. Throws HostError where one is not reached. */
  static async connect(plan: TestbedPlan): Promise<ConnectedTestbed> {
    const testbed = new ConnectedTestbed(plan);
    try {
      await allEnded(testbed.seats.map((seat) => seat.connect()));
      testbed.machines = await Promise.all(testbed.seats.map(({ reached }) => machineOf(reached)));
      testbed.sameMachine = testbed.seats.length > 1 && new Set(testbed.machines).size === 1;
      await testbed.onEach((seat) => seat.arrive());
      return testbed;
    } catch (error) {
      await testbed.leave();
      throw error;
    }
  }

  /** Its hosts as they are, the near one first. */
  seen(): Promise<SeenHost[]> {
    return Promise.all(this.seats.map((seat) => seat.seen()));
  }

  /**
   * Makes everything ready for trials; `onTaken` is done to each host once it is, and again where one was lost and is back. Throws HostError and
   * BusyError; what was begun is undone by `leave`.
   */
  async prepare(onTaken: (side: Side) => Promise<void> = async () => undefined): Promise<void> {
    await this.makeNamespaces();
    for (const seat of this.seats) seat.onTaken = onTaken;
    await this.onEach((seat) => seat.take());
  }

  /** On all hosts side by side, unless they are one machine, where the far host's steps stand on top of the near one's. */
  private async onEach(step: (seat: Seat) => Promise<unknown>, seats: readonly Seat[] = this.seats): Promise<void> {
    if (this.sameMachine) for (const seat of seats) await step(seat);
    else await allEnded(seats.map(step));
  }

  async sides(location: TestCase['location'], signal: AbortSignal): Promise<Side[]> {
    const sides: Side[] = [];
    for (const seat of location === 'local' ? this.seats.slice(0, 1) : this.seats) {
      sides.push(await seat.sideAgain(signal));
    }
    return sides;
  }

  /** Undoes everything and ends the connections; returns what could not be undone. */
  async leave(): Promise<string[]> {
    const complaints: string[] = [];
    // What came last goes first.
    await this.onEach(async (seat) => complaints.push(...(await seat.leave())), this.seats.toReversed());
    complaints.push(...((await this.local?.close()) ?? []));
    this.local = null;
    return complaints;
  }

  private async makeNamespaces(): Promise<void> {
    const [near, far] = this.seats.flatMap(({ spec }) => {
      const name = ownNamespace(spec);
      return name === null ? [] : [{ name, cable: spec.uplink ?? 'cable' }];
    });
    if (near === undefined || far === undefined) return;
    const undo = await openJournal(localHost, this.plan.session, this.plan.tell);
    this.local = undo;
    for (const { name } of [near, far]) {
      if ((await localHost.list('/run/netns')).includes(name)) {
        throw new HostError(
          `network namespace ${name} exists already: run 'vswbench clean', or delete it if it is yours`,
        );
      }
      await undo.push({ kind: 'delete-namespace', name });
      await runOrThrow(localHost, ['ip', 'netns', 'add', name]);
    }
    const cable = ['type', 'veth', 'peer', 'name', far.cable, 'netns', far.name];
    await runOrThrow(localHost, ['ip', '-netns', near.name, 'link', 'add', near.cable, ...cable]);
  }
}

/** Name of a namespace that is made for the testbed; null for a host that is there without us. */
function ownNamespace({ host }: HostSpec): string | null {
  return OWN_NAMESPACE.exec(host)?.[1] ?? null;
}

async function machineOf(host: Host): Promise<string> {
  const id = await bootIdOf(host);
  if (id === null) throw new HostError(`${host.name} has no /proc/sys/kernel/random/boot_id`);
  return id;
}

/** The place of one host in a testbed. */
class Seat {
  /** As it was given; its uplink by the kernel's own name, once the host has told that. */
  spec: HostSpec;
  private readonly given: HostSpec;
  private readonly plan: TestbedPlan;
  private readonly role: HostRole;
  onTaken: (side: Side) => Promise<void> = async () => undefined;
  private connection: ConnectedHost | null = null;
  private side: Side | null = null;
  private artifacts: Artifacts;
  /** Waiting for it once was in vain: from then on it is only looked for. */
  private givenUp = false;

  constructor(plan: TestbedPlan, role: HostRole, spec: HostSpec) {
    this.plan = plan;
    this.role = role;
    this.spec = spec;
    this.given = spec;
    this.artifacts = plan.artifacts;
  }

  async connect(): Promise<void> {
    if (ownNamespace(this.spec) === null) this.connection = await this.newConnection();
  }

  /** Gives the host what was built, undoes what an earlier run has left there, and learns its names. */
  async arrive(): Promise<void> {
    if (this.connection !== null) this.artifacts = await this.artifactsOn(this.connection);
    if (!this.plan.lookOnly) {
      // Before anybody looks at it: what a run that was killed has left would be taken for the host's own.
      const { complaints, notices } = await recover(this.reached, this.plan.session);
      for (const line of [...complaints, ...notices]) this.plan.tell(line);
    }
    if (this.connection !== null) this.spec = await this.named(this.connection);
  }

  /** A host that was away may call its interfaces otherwise. Throws HostError where it has no such uplink. */
  private async named(host: Host): Promise<HostSpec> {
    const { uplink, pci } = this.given;
    if (uplink === undefined) return this.given;
    const found = await ownNameOf(host, uplink);
    if ('own' in found) return { ...this.given, uplink: found.own };
    // A device that was handed to a program has no interface.
    if (pci === undefined) throw new HostError(found.missing);
    return this.given;
  }

  /** Its own connection or, where that is made only later, the machine that it is going to be on. */
  get reached(): Host {
    return this.connection ?? localHost;
  }

  async seen(): Promise<SeenHost> {
    const host = this.reached;
    return {
      ...{ role: this.role, spec: this.spec, host, artifacts: this.artifacts },
      cpus: await usableCpus(host, this.spec.cpus),
      uplinkNode: await this.uplinkNodeOn(host),
    };
  }

  /** Opens its journal, which undoes what an earlier run has left, and makes the host ready. */
  async take(): Promise<Side> {
    const { session, tell } = this.plan;
    this.connection ??= await this.newConnection();
    const host = this.connection;
    const undo = await openJournal(host, session, tell);
    const directory = `${STATE_DIRECTORY}/${this.role}`;
    await undo.push({ kind: 'remove-empty-directory', path: directory });
    this.artifacts = await this.artifactsOn(host);
    if (this.isInstalled) await removeOldInstallations(host, this.artifacts);
    this.spec = await this.named(host);
    const [interruptsApart, containers] = await Promise.all([
      countsInterruptsApart(host),
      prepareContainers(host, `${directory}/containers`, undo),
    ]);
    this.side = {
      ...{ role: this.role, host, undo, directory, artifacts: this.artifacts },
      cpus: await usableCpus(host, this.spec.cpus),
      uplinkNode: await this.uplinkNodeOn(host),
      hostname: await hostnameOf(host),
      clocksource: await clocksourceOf(host),
      interruptsApart,
      uplink: this.spec.uplink === undefined ? null : { interface: this.spec.uplink, pci: this.spec.pci ?? null },
      containers,
    };
    await this.onTaken(this.side);
    return this.side;
  }

  /** As it is, or connected again where it was lost. */
  async sideAgain(signal: AbortSignal): Promise<Side> {
    if (this.side !== null && !this.side.host.lost.aborted) return this.side;
    const until = performance.now() + (this.givenUp ? 0 : RETURN_TIMEOUT_MS);
    this.plan.tell(`Host ${this.spec.host} is lost: looking whether it is back ...`);
    for (;;) {
      await this.drop();
      try {
        const side = await this.take();
        this.givenUp = false;
        this.plan.tell(`Host ${this.spec.host} is back, and clean.`);
        return side;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        this.givenUp = performance.now() >= until;
        if (this.givenUp) throw new HostLostError(error.message);
      }
      await sleep(RETURN_POLL_MS, undefined, { signal });
    }
  }

  async leave(): Promise<string[]> {
    const complaints = (await this.side?.undo.close()) ?? [];
    await this.drop();
    return complaints;
  }

  private async drop(): Promise<void> {
    const { connection } = this;
    this.connection = null;
    this.side = null;
    await connection?.close();
  }

  private newConnection(): Promise<ConnectedHost> {
    return connectHost(this.spec, `${this.plan.artifacts.programs}/hostagent`);
  }

  /** Another machine is given what was built here, unless we only look. */
  private get isInstalled(): boolean {
    return formOf(this.spec).form === 'ssh' && !this.plan.lookOnly;
  }

  private async uplinkNodeOn(host: Host): Promise<number | null> {
    return this.spec.uplink === undefined ? null : (await networkCard(host, this.spec.uplink)).node;
  }

  private async artifactsOn(host: Host): Promise<Artifacts> {
    const { artifacts } = this.plan;
    return this.isInstalled ? installArtifacts(host, localHost, artifacts) : artifacts;
  }
}
