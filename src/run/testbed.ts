// SPDX-License-Identifier: Apache-2.0
// A testbed at work: its one or two hosts, each connected, prepared and with a journal of its own; one that was lost is
// connected again when it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artifacts } from '../host/artifacts.ts';
import { connectHost, formOf } from '../host/connect.ts';
import { type ConnectedHost, type Host, HostError, HostLostError, runOrThrow } from '../host/host.ts';
import { installArtifacts } from '../host/install.ts';
import { allowedCpus, cpusOf } from '../host/inventory.ts';
import { localHost } from '../host/local.ts';
import { type ContainerDirectory, prepareContainers } from '../host/lxc.ts';
import type { Cpu } from '../model/inventory.ts';
import type { HostSpec, TestbedSpec } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Uplink } from '../switches/driver.ts';
import { type Journal, openJournal, STATE_DIRECTORY } from './journal.ts';

export type Role = 'near' | 'far';

/** One host of a testbed, ready for trials. */
export interface Side {
  role: Role;
  host: Host;
  undo: Journal;
  artifacts: Artifacts;
  /** That may be used. */
  cpus: readonly Cpu[];
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
  /** Path of the built agent. */
  agent: string;
  /** What was built here. */
  artifacts: Artifacts;
  /** Speaks to the user. */
  tell(line: string): void;
}

/** How long a lost host is waited for, once; and how often it is looked for then. */
const RETURN_TIMEOUT_MS = 60_000;
const RETURN_POLL_MS = 3_000;

export class OpenTestbed implements Testbed {
  readonly name: string;
  sameMachine = false;
  private readonly plan: TestbedPlan;
  private readonly seats: Record<Role, Seat | null>;
  /** Of the machine that vswbench runs on, where it is part of the testbed but none of its hosts. */
  private local: Journal | null = null;

  private constructor(plan: TestbedPlan) {
    this.plan = plan;
    this.name = plan.name;
    const { near, far } = plan.spec;
    this.seats = { near: new Seat(plan, 'near', near), far: far === undefined ? null : new Seat(plan, 'far', far) };
  }

  /** Connects to the hosts and prepares them. Throws HostError, BusyError; everything is undone by then. */
  static async open(plan: TestbedPlan): Promise<OpenTestbed> {
    const testbed = new OpenTestbed(plan);
    try {
      await testbed.makeNamespaces();
      const near = await testbed.seats.near?.take();
      const far = await testbed.seats.far?.take();
      testbed.sameMachine = near !== undefined && far !== undefined && (await sameMachine(near.host, far.host));
      return testbed;
    } catch (error) {
      for (const line of await testbed.close()) plan.tell(line);
      throw error;
    }
  }

  /** Of this machine, or of namespaces of it: their work is done by its CPUs. */
  get isHere(): boolean {
    return this.all().some(({ spec }) => formOf(spec).form !== 'ssh');
  }

  async sides(location: TestCase['location'], signal: AbortSignal): Promise<Side[]> {
    const needed = location === 'local' ? [this.seats.near] : [this.seats.near, this.seats.far];
    const sides: Side[] = [];
    for (const seat of needed) {
      if (seat === null) throw new RangeError(`testbed ${this.name} has one host`);
      sides.push(await seat.sideAgain(signal));
    }
    return sides;
  }

  /** Undoes everything; returns what could not be undone. */
  async close(): Promise<string[]> {
    const complaints: string[] = [];
    // What came last goes first: on one machine the far host's pages stand on top of the near one's.
    for (const seat of this.all().reverse()) complaints.push(...(await seat.leave()));
    complaints.push(...((await this.local?.close()) ?? []));
    return complaints;
  }

  private all(): Seat[] {
    return [this.seats.near, this.seats.far].filter((seat) => seat !== null);
  }

  private async makeNamespaces(): Promise<void> {
    const own = this.all().flatMap(({ spec }) => {
      const [, name] = OWN_NAMESPACE.exec(spec.host) ?? [];
      return name === undefined ? [] : [{ name, cable: spec.uplink ?? 'cable' }];
    });
    const [near, far] = own;
    if (near === undefined || far === undefined) return;
    const undo = await openJournal(localHost, this.plan.session, this.plan.tell);
    this.local = undo;
    for (const { name } of own) {
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

async function sameMachine(near: Host, far: Host): Promise<boolean> {
  const [one, other] = await Promise.all([near, far].map((host) => host.read('/proc/sys/kernel/random/boot_id')));
  return one !== null && one === other;
}

/** The place of one host in a testbed. */
class Seat {
  readonly spec: HostSpec;
  private readonly plan: TestbedPlan;
  private readonly role: Role;
  private taken: { side: Side; connection: ConnectedHost } | null = null;
  /** Waiting for it once was in vain: from then on it is only looked for. */
  private givenUp = false;

  constructor(plan: TestbedPlan, role: Role, spec: HostSpec) {
    this.plan = plan;
    this.role = role;
    this.spec = spec;
  }

  async take(): Promise<Side> {
    const { agent, artifacts, session, tell } = this.plan;
    const connection = await connectHost(this.spec, agent);
    try {
      const undo = await openJournal(connection, session, tell);
      const directory = `${STATE_DIRECTORY}/${this.role}`;
      const remote = formOf(this.spec).form === 'ssh';
      await undo.push({ kind: 'remove-empty-directory', path: directory });
      const cpus = new Set(await allowedCpus(connection));
      const side: Side = {
        ...{ role: this.role, host: connection, undo, directory },
        artifacts: remote ? await installArtifacts(connection, localHost, artifacts) : artifacts,
        cpus: (await cpusOf(connection)).filter(({ id }) => cpus.has(id)),
        uplink: this.spec.uplink === undefined ? null : { interface: this.spec.uplink, pci: this.spec.pci ?? null },
        containers: await prepareContainers(connection, `${directory}/containers`, undo),
      };
      this.taken = { side, connection };
      return side;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** As it is, or connected again where it was lost. */
  async sideAgain(signal: AbortSignal): Promise<Side> {
    const { taken } = this;
    if (taken !== null && !taken.connection.lost.aborted) return taken.side;
    await taken?.connection.close();
    this.taken = null;
    const until = performance.now() + (this.givenUp ? 0 : RETURN_TIMEOUT_MS);
    this.plan.tell(`Host ${this.spec.host} is lost: looking whether it is back ...`);
    for (;;) {
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
    const { taken } = this;
    this.taken = null;
    if (taken === null) return [];
    const complaints = await taken.side.undo.close();
    await taken.connection.close();
    return complaints;
  }
}
