// SPDX-License-Identifier: Apache-2.0
// Whether one testbed may go on with what another has begun: only where their records are equal in all that makes a figure.
import { formatCpuList } from '../model/cpu-list.ts';
import { type Inventory, PROGRAM_SUM } from '../model/inventory.ts';
import type { HostRecord } from '../model/testbed.ts';
import { layoutOf, type Unlike } from './compare.ts';

/** Machines of one kind tell a few pages more or less, by their firmware. */
const MEMORY_STEP_BYTES = 256 * 2 ** 20;

/** How switches and programs are named among the facts. */
const OF_CAMPAIGN = ['version switch ', `version ${PROGRAM_SUM}`] as const;

/**
 * In what the hosts of a testbed differ from those on which a campaign was begun, apart from their names; empty where they are alike. Switches
 * and programs that the campaign does not name make no difference.
 */
export function differences(begun: readonly HostRecord[], now: readonly HostRecord[]): Unlike[] {
  return (['near', 'far'] as const).flatMap((role) => {
    const [left, right] = [begun, now].map((hosts) => hosts.find((host) => host.role === role));
    if (left === undefined && right === undefined) return [];
    if (left === undefined || right === undefined) {
      return [
        { what: `${role} host`, a: left === undefined ? 'none' : 'one', b: right === undefined ? 'none' : 'one' },
      ];
    }
    const [mine, theirs] = [factsOf(left), factsOf(right)];
    const prefix = role === 'far' ? 'far ' : '';
    const others = [...theirs.keys()].filter((what) => !OF_CAMPAIGN.some((kind) => what.startsWith(kind)));
    return [...new Set([...mine.keys(), ...others])].flatMap((what) => {
      const [x, y] = [mine.get(what) ?? 'none', theirs.get(what) ?? 'none'];
      return x === y ? [] : [{ what: `${prefix}${what}`, a: x, b: y }];
    });
  });
}

/** What of a host makes a figure, by name. */
function factsOf({ inventory, uplink }: HostRecord): Map<string, string> {
  const { mitigations, knobs, versions } = inventory;
  return new Map([
    ['kernel', inventory.kernel],
    ['command line', commandLineOf(inventory)],
    ['architecture', inventory.architecture],
    ['virtualization', inventory.virtualization ?? 'none'],
    ['CPU', inventory.cpuModel],
    ['microcode', inventory.microcode ?? 'unknown'],
    ['CPUs', layoutOf(inventory)],
    ['CPUs to use', formatCpuList(inventory.cpus.flatMap(({ id, allowed }) => (allowed ? [id] : [])))],
    ['memory', `${(Math.round(inventory.memoryBytes / MEMORY_STEP_BYTES) * MEMORY_STEP_BYTES) / 2 ** 30} GiB`],
    ['clock source', inventory.clocksource],
    ['vswbench', `${inventory.vswbenchVersion} ${inventory.vswbenchCommit ?? ''}`.trim()],
    ['uplink', uplink === null ? 'none' : `${uplink.driver ?? 'no device'} ${uplink.lineRateBps ?? '?'} bit/s`],
    ...named('mitigation', mitigations),
    ...named('knob', knobs),
    ...named('version', versions),
  ]);
}

/** Without what names the machine's own disk and image, which is its own. */
function commandLineOf({ kernelCommandLine }: Inventory): string {
  const own = /^(BOOT_IMAGE|root|initrd|resume|ip|hostname|systemd\.hostname)=/;
  return kernelCommandLine
    .split(/\s+/)
    .filter((word) => !own.test(word))
    .join(' ');
}

function named(kind: string, of: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(of).map(([name, value]) => [`${kind} ${name}`, value]);
}
