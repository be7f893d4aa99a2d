// SPDX-License-Identifier: Apache-2.0
// What the CPU is called. x86 kernels have its name; Arm kernels have two numbers of each core, and the firmware a name of the machine.
import type { Host } from './host.ts';
import { type ArmPart, armParts } from './kinds.ts';

/** Cores of servers and boards by implementer and part number (MIDR_EL1), as the reference manuals of the cores give them. */
const ARM_CORES: Record<string, Record<string, string>> = {
  '0x41': {
    ...{ '0xd03': 'Cortex-A53', '0xd04': 'Cortex-A35', '0xd05': 'Cortex-A55', '0xd07': 'Cortex-A57' },
    ...{ '0xd08': 'Cortex-A72', '0xd09': 'Cortex-A73', '0xd0a': 'Cortex-A75', '0xd0b': 'Cortex-A76' },
    ...{ '0xd0c': 'Neoverse-N1', '0xd0d': 'Cortex-A77', '0xd40': 'Neoverse-V1', '0xd41': 'Cortex-A78' },
    ...{ '0xd44': 'Cortex-X1', '0xd46': 'Cortex-A510', '0xd47': 'Cortex-A710', '0xd48': 'Cortex-X2' },
    ...{ '0xd49': 'Neoverse-N2', '0xd4d': 'Cortex-A715', '0xd4e': 'Cortex-X3', '0xd4f': 'Neoverse-V2' },
    ...{ '0xd80': 'Cortex-A520', '0xd81': 'Cortex-A720', '0xd82': 'Cortex-X4', '0xd84': 'Neoverse-V3' },
    ...{ '0xd8e': 'Neoverse-N3' },
  },
  '0x43': { '0x0a1': 'ThunderX', '0x0af': 'ThunderX2' },
  '0x46': { '0x001': 'A64FX' },
  '0x48': { '0xd01': 'TaiShan v110' },
  '0x6d': { '0xd49': 'Azure Cobalt 100' },
  '0xc0': { '0xac3': 'Ampere-1', '0xac4': 'Ampere-1a' },
};

/** The name of a host's CPU; null where nothing tells one. `cpuinfo` is its /proc/cpuinfo. */
export async function cpuModelOf(host: Host, cpuinfo: string): Promise<string | null> {
  // A value may be empty: the next line is then not the value.
  const named = /^model name[ \t]*:[ \t]*(\S.*)$/m.exec(cpuinfo)?.[1];
  if (named !== undefined) return named.trim();
  const cores = [...new Set(armParts(cpuinfo).map(coreName))];
  if (cores.length === 0) return null;
  const machine = await machineName(host);
  return `${cores.join(' and ')}${machine === null ? '' : ` (${machine})`}`;
}

function coreName({ implementer, part }: ArmPart): string {
  return ARM_CORES[implementer]?.[part] ?? `Arm core ${part} of implementer ${implementer}`;
}

/** By the device tree, or by the firmware's DMI. */
async function machineName(host: Host): Promise<string | null> {
  const text = async (path: string) => ((await host.read(path)) ?? '').replaceAll('\0', '').trim();
  const tree = await text('/proc/device-tree/model');
  if (tree !== '') return tree;
  const dmi = [await text('/sys/class/dmi/id/sys_vendor'), await text('/sys/class/dmi/id/product_name')];
  return dmi.filter((part) => part !== '').join(' ') || null;
}
