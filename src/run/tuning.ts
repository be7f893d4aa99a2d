// SPDX-License-Identifier: Apache-2.0
// The knobs of a testbed's hosts: turned when a host is taken, looked at again when the trials are over, turned back by its journal.
import { HostError } from '../host/host.ts';
import { knobContext } from '../host/knobs/context.ts';
import { knobRegistry } from '../host/knobs/registry.ts';
import { lookAtKnob, type TurnedKnob, turnKnob } from '../host/knobs/turn.ts';
import { cpusOf } from '../host/topology.ts';
import type { TestCase } from '../model/testcase.ts';
import type { KnobRecord } from '../model/tuning.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { placeOn } from './campaign.ts';
import type { HostRole, SeenHost, Side } from './testbed.ts';

/** CPUs of each host on which a thread runs whose work is measured, in any of the cases. */
export type MeasuredCpus = Record<HostRole, number[]>;

/** Where the cases of a testbed are going to run; hosts that share a machine share its CPUs, and all count as the near one's. */
export function measuredCpus(
  seen: readonly Pick<SeenHost, 'cpus' | 'uplinkNode'>[],
  sameMachine: boolean,
  cases: readonly TestCase[],
  drivers: readonly SwitchDriver[],
): MeasuredCpus {
  const [near, far] = [new Set<number>(), new Set<number>()];
  for (const testCase of cases) {
    const driver = drivers.find(({ id }) => id === testCase.switch);
    const placement = placeOn(seen, sameMachine, testCase, driver);
    const atFar = placement.far === null || sameMachine ? near : far;
    for (const { source, sink } of placement.pairs) {
      near.add(source);
      atFar.add(sink);
    }
    for (const cpu of placement.switch) near.add(cpu);
    for (const cpu of placement.far?.switch ?? []) atFar.add(cpu);
  }
  return { near: [...near], far: [...far] };
}

/** What became of the knobs of one host. */
export interface HostTuning {
  role: HostRole;
  records: KnobRecord[];
}

/** What turning knobs would change on the hosts of a testbed, as each is seen; nothing is changed. Of hosts that share a machine it is told once. */
export async function foreseeTuning(
  seen: readonly Pick<SeenHost, 'role' | 'host' | 'spec'>[],
  sameMachine: boolean,
  chosen: readonly string[],
  measured: MeasuredCpus,
): Promise<HostTuning[]> {
  const knobs = knobRegistry.filter(({ id }) => chosen.includes(id));
  const machines = seen.filter(({ role }) => !(sameMachine && role === 'far'));
  return Promise.all(
    machines.map(async ({ role, host, spec }) => {
      const uplinks = spec.uplink === undefined ? [] : [spec.uplink];
      const context = knobContext(await cpusOf(host), measured[role], { uplinks, mark: '' });
      return { role, records: await Promise.all(knobs.map((knob) => lookAtKnob(host, knob, context))) };
    }),
  );
}

export class Tuner {
  private readonly chosen: readonly string[];
  private readonly measured: MeasuredCpus;
  private readonly sameMachine: boolean;
  private readonly turned = new Map<HostRole, TurnedKnob[]>();

  constructor(chosen: readonly string[], measured: MeasuredCpus, sameMachine: boolean) {
    this.chosen = chosen;
    this.measured = measured;
    this.sameMachine = sameMachine;
  }

  /** Turns the knobs that were asked for on a host that was just taken, and looks at the others. Throws HostError where it is lost. */
  async turn(side: Side): Promise<void> {
    // One machine is tuned once: two journals would each take the other's values for what was there before.
    if (this.sameMachine && side.role === 'far') return;
    const { host, undo, uplink, directory } = side;
    const uplinks = uplink === null ? [] : [uplink.interface];
    const context = knobContext(await cpusOf(host), this.measured[side.role], { uplinks, mark: `${directory}/tuning` });
    const turned: TurnedKnob[] = [];
    for (const knob of knobRegistry) {
      if (this.chosen.includes(knob.id)) turned.push(await turnKnob(host, undo, knob, context));
      else {
        const record = await lookAtKnob(host, knob, context);
        turned.push({ record, recheck: async () => record });
      }
    }
    this.turned.set(side.role, turned);
  }

  /** As each host was when its knobs had been turned. */
  records(): HostTuning[] {
    return this.hosts().map(([role, turned]) => ({ role, records: turned.map(({ record }) => record) }));
  }

  /** What became of them: of a host that is lost what is known. */
  async recheck(): Promise<HostTuning[]> {
    const hosts = this.hosts().map(async ([role, turned]): Promise<HostTuning> => {
      const records: KnobRecord[] = [];
      for (const { record, recheck } of turned) {
        try {
          records.push(await recheck());
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
          records.push(record);
        }
      }
      return { role, records };
    });
    return Promise.all(hosts);
  }

  /** The near one first, whichever was turned first. */
  private hosts(): [HostRole, TurnedKnob[]][] {
    return [...this.turned].sort(([a], [b]) => b.localeCompare(a));
  }
}
