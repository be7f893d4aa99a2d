// SPDX-License-Identifier: Apache-2.0
// No software at all: the switch within a network card, between its virtual functions, one for each container, which drives it by DPDK.
// It knows their addresses from the start, and learns none.
import { type Host, HostError } from '../host/host.ts';
import { makeVirtualFunctions, type PhysicalFunction, physicalFunctions, whyNoProgram } from '../host/sriov.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import { macOf } from '../model/station.ts';
import type { DevicePort, SwitchContext, SwitchDriver } from './driver.ts';
import { takeUplink, uplinkMissing } from './kit/uplink.ts';

export const sriov: SwitchDriver = {
  id: 'sriov',
  title: "SR-IOV: the network card's own switch",
  // It forwards by address.
  ports: ['vf'],
  locations: ['local', 'remote'],
  threads: 0,
  uncarried: {
    vlan: 'a virtual function gets frames of those VLANs alone that its driver has asked the card for',
    qinq: 'a virtual function gets frames of those VLANs alone that its driver has asked the card for',
  },
  frameLimit: () => ({ bytes: FRAME_BYTES_USUAL, why: 'its virtual functions are set up for no more' }),

  async probe(host) {
    const cards = await physicalFunctions(host);
    const [first] = cards;
    const why = first === undefined ? null : whyNoProgram(first);
    if (why !== null) return { available: false, ...why };
    if (cards.length > 0) {
      return {
        available: true,
        version: cards.map((card) => `${card.interface} (${card.total} functions)`).join(', '),
      };
    }
    return {
      available: false,
      missing: 'no network card here can have virtual functions',
      mend: "switch SR-IOV on in the firmware, or use the lab: run 'vswbench lab up'",
    };
  },

  async start(context) {
    const { host, undo } = context;
    const card = await cardOf(context);
    const uplink = context.uplink ?? { interface: card.interface, pci: card.pci };
    await takeUplink(host, undo, { ...uplink, interface: card.interface }, FRAME_BYTES_USUAL);
    const functions = await makeVirtualFunctions(
      host,
      undo,
      card,
      context.ports.map(({ pair, end }) => macOf(pair, end)),
    );
    const ports = functions.flatMap(({ pci, devices }, index): DevicePort[] => {
      const request = context.ports[index];
      return request === undefined ? [] : [{ ...request, kind: 'vf', device: pci, devices }];
    });
    return {
      nextPorts: () => ports,
      flags: [],
      // A card's counters of its functions, where it has any, are each maker's own.
      counters: () => null,
      settled: () => uplinkMissing(host, { ...uplink, interface: card.interface }),
      threads: async () => [],
      health: async () => ((await stillThere(host, card)) ? null : `${card.interface} is gone`),
    };
  },
};

async function stillThere(host: Host, { interface: name }: PhysicalFunction): Promise<boolean> {
  return (await host.read(`/sys/class/net/${name}/ifindex`)) !== null;
}

/** The uplink's; without one the first that has no virtual functions yet. */
async function cardOf({ host, uplink }: SwitchContext): Promise<PhysicalFunction> {
  const cards = await physicalFunctions(host);
  if (uplink !== null) {
    const card = cards.find(({ interface: name, pci }) => name === uplink.interface || pci === uplink.pci);
    if (card !== undefined) return card;
    throw new HostError(
      `uplink ${uplink.interface} of host ${host.name} cannot have virtual functions: name another card`,
    );
  }
  const [card] = cards.filter(({ present }) => present === 0);
  if (card === undefined) throw new HostError('no network card here can have virtual functions of ours');
  return card;
}
