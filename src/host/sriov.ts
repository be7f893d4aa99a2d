// SPDX-License-Identifier: Apache-2.0
// Virtual functions of a network card (SR-IOV): made, given addresses, handed to who asks for them, and taken back. What a card needs is
// found by looking at it, not by its name.
import { type Host, HostError, runOrThrow, type UndoStack } from './host.ts';

/** A network card that can have virtual functions: its physical function, as the kernel has it. */
export interface PhysicalFunction {
  interface: string;
  /** Address of the PCI device, such as 0000:03:00.0. */
  pci: string;
  /** How many virtual functions it can have. */
  total: number;
  /** How many it has now. */
  present: number;
  /** Its driver shares the card with programs by itself, and keeps it: it has InfiniBand devices (a bifurcated driver). */
  shared: boolean;
  /** It is behind an IOMMU, so that a program may drive its functions. */
  iommu: boolean;
}

/** Null where programs can be given virtual functions of a card; else what is missing, and the mend. */
export function whyNoProgram({ shared, iommu }: PhysicalFunction): { missing: string; mend: string } | null {
  if (shared || iommu) return null;
  return {
    missing: 'there is no IOMMU, without which no program may drive a device',
    mend: 'switch it on in the firmware (VT-d, AMD-Vi) and boot with intel_iommu=on iommu=pt',
  };
}

/** What a program in a container needs to drive a virtual function. */
export interface VirtualFunction {
  pci: string;
  /** Device files of the host. */
  devices: string[];
}

/** Every interface of the host whose card can have virtual functions. */
export async function physicalFunctions(host: Host): Promise<PhysicalFunction[]> {
  const found: PhysicalFunction[] = [];
  for (const name of await host.list('/sys/class/net')) {
    const folder = `/sys/class/net/${name}/device`;
    const total = Number((await host.read(`${folder}/sriov_totalvfs`)) ?? 0);
    const pci = /^PCI_SLOT_NAME=(\S+)$/m.exec((await host.read(`${folder}/uevent`)) ?? '')?.[1];
    if (total === 0 || pci === undefined) continue;
    const present = Number((await host.read(`${folder}/sriov_numvfs`)) ?? 0);
    const has = async (part: string) => (await host.list(`/sys/bus/pci/devices/${pci}/${part}`)).length > 0;
    found.push({
      ...{ interface: name, pci, total, present },
      ...{ shared: await has('infiniband'), iommu: await has('iommu_group') },
    });
  }
  return found;
}

/**
 * Makes as many virtual functions as there are addresses, each with its own, and binds them to vfio-pci, by which a program drives them;
 * where the card's driver shares them with programs by itself (it has InfiniBand devices), that driver keeps them. All of it is undone by
 * giving the number of virtual functions back. Throws HostError with the mend, before anything is changed, where the host cannot do it.
 */
export async function makeVirtualFunctions(
  host: Host,
  undo: UndoStack,
  card: PhysicalFunction,
  macs: readonly string[],
): Promise<VirtualFunction[]> {
  const folder = `/sys/bus/pci/devices/${card.pci}`;
  if (card.present > 0) {
    throw new HostError(
      `${card.interface} has ${card.present} virtual functions already, which are not ours: give them back (echo 0 > ${folder}/sriov_numvfs)`,
    );
  }
  if (macs.length > card.total) {
    throw new HostError(
      `${card.interface} can have ${card.total} virtual functions, and ${macs.length} are needed: use fewer pairs`,
    );
  }
  const { shared } = card;
  const why = whyNoProgram(card);
  if (why !== null) throw new HostError(`${why.missing}: ${why.mend}`);
  if (!shared) await runOrThrow(host, ['modprobe', 'vfio-pci']);
  await knob(host, undo, `${folder}/sriov_drivers_autoprobe`, shared ? '1' : '0');
  await knob(host, undo, `${folder}/sriov_numvfs`, String(macs.length));
  const functions: VirtualFunction[] = [];
  for (const [index, mac] of macs.entries()) {
    // Before it is bound: who drives it then finds the address there.
    await runOrThrow(host, ['ip', 'link', 'set', 'dev', card.interface, 'vf', String(index), 'mac', mac]);
    const pci = await target(host, `${folder}/virtfn${index}`);
    functions.push({ pci, devices: shared ? await verbsDevices(host, pci) : await bindToVfio(host, pci) });
  }
  return functions;
}

/** Sets a knob, and registers that it goes back to what it was. */
async function knob(host: Host, undo: UndoStack, path: string, value: string): Promise<void> {
  const before = (await host.read(path))?.trim();
  if (before === value) return;
  await undo.push({ kind: 'restore-knob', path, value: before ?? '0' });
  await host.write(path, value);
}

/** The last part of where a link of /sys leads. */
async function target(host: Host, link: string): Promise<string> {
  return (await runOrThrow(host, ['readlink', link])).trim().split('/').at(-1) ?? '';
}

/** What is written is the function's own, and goes with it. */
async function bindToVfio(host: Host, pci: string): Promise<string[]> {
  const folder = `/sys/bus/pci/devices/${pci}`;
  await host.write(`${folder}/driver_override`, 'vfio-pci');
  await host.write('/sys/bus/pci/drivers_probe', pci);
  const driver = await target(host, `${folder}/driver`);
  if (driver !== 'vfio-pci') throw new HostError(`virtual function ${pci} was not bound to vfio-pci but to ${driver}`);
  return ['/dev/vfio/vfio', `/dev/vfio/${await target(host, `${folder}/iommu_group`)}`];
}

async function verbsDevices(host: Host, pci: string): Promise<string[]> {
  const names = await host.list(`/sys/bus/pci/devices/${pci}/infiniband_verbs`);
  if (names.length === 0)
    throw new HostError(`virtual function ${pci} has no InfiniBand device: is the kernel's driver for it there?`);
  return names.map((name) => `/dev/infiniband/${name}`);
}
