// SPDX-License-Identifier: Apache-2.0
// VPP's bridge and how ports are in it: themselves where packets have no tags, by a subinterface for whatever tag where they have. VPP counts a
// packet with a tag for the interface that takes it, which without a subinterface is the port, that has counted it already.
import { HostError } from '../host/host.ts';
import { parseMembers } from './vpp-cli.ts';
import type { Cli } from './vpp-daemon.ts';

const BRIDGE = 1;
const SUBINTERFACE = 1;

/** The name of a port's subinterface, whether it is there or not. */
export function subinterfaceOf(name: string): string {
  return `${name}.${SUBINTERFACE}`;
}

export class Bridge {
  private readonly cli: Pick<Cli, 'ask' | 'order' | 'make'>;
  /** By port, whether it is in the bridge by its subinterface. */
  private readonly ports = new Map<string, boolean>();
  private readonly subinterfaces = new Set<string>();

  constructor(cli: Pick<Cli, 'ask' | 'order' | 'make'>) {
    this.cli = cli;
  }

  async make(): Promise<void> {
    await this.cli.make(`create bridge-domain ${BRIDGE}`, /^bridge-domain \d+$/);
  }

  async join(name: string): Promise<void> {
    await this.cli.order(`set interface state ${name} up`);
    await this.cli.order(`set interface l2 bridge ${name} ${BRIDGE}`);
    this.ports.set(name, false);
  }

  /** A port that is deleted takes its subinterface with it. */
  forget(name: string): void {
    this.ports.delete(name);
    this.subinterfaces.delete(name);
  }

  /** Throws HostError where one of these is not in the bridge. */
  async requireMembers(names: readonly string[]): Promise<void> {
    const members = parseMembers(await this.cli.ask(`show bridge-domain ${BRIDGE} detail`));
    const absent = names.find((name) => !members.includes(name));
    if (absent !== undefined) throw new HostError(`${absent} did not become a port of VPP's bridge`);
  }

  /** Has all ports be in the bridge as packets with tags need it, or without. Those that change forget what they have learned. */
  async carry({ tagged }: { tagged: boolean }): Promise<void> {
    for (const [name, isTagged] of this.ports) {
      if (isTagged === tagged) continue;
      if (tagged) await this.addSubinterface(name);
      const [from, to] = tagged ? [name, subinterfaceOf(name)] : [subinterfaceOf(name), name];
      await this.cli.order(`set interface l3 ${from}`);
      await this.cli.order(`set interface l2 bridge ${to} ${BRIDGE}`);
      this.ports.set(name, tagged);
    }
  }

  /** By which interface a port is in the bridge now. */
  memberOf(name: string): string {
    return this.ports.get(name) === true ? subinterfaceOf(name) : name;
  }

  private async addSubinterface(name: string): Promise<void> {
    if (this.subinterfaces.has(name)) return;
    await this.cli.make(`create sub-interfaces ${name} ${SUBINTERFACE} default`, /^\S+\.\d+$/);
    await this.cli.order(`set interface state ${subinterfaceOf(name)} up`);
    this.subinterfaces.add(name);
  }
}
