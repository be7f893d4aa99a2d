// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import type { HostRecord } from '../../model/testbed.ts';
import { definitions } from '../definitions.ts';
import { hostName } from '../format.ts';
import { tuningRows } from '../tuning.ts';
import type { Section } from './section.ts';

export const machineSection: Section = {
  id: 'machine',
  title: ({ result: { hosts } }) => (hosts.length === 1 ? 'The machine' : 'The machines'),
  content: ({ result }) => hostParts(result),
};

function hostParts({ hosts }: CampaignResult): ComponentChild[] {
  return hosts.flatMap((host) => [hosts.length === 1 ? null : h('h3', null, hostName(host)), ...hostRows(host)]);
}

function hostRows({ inventory, tuning }: HostRecord): ComponentChild[] {
  const rows: [string, string][] = [
    ['Host', inventory.hostname],
    ['CPU', `${inventory.cpuModel}, ${inventory.architecture}, microcode ${inventory.microcode ?? 'unknown'}`],
    ['CPUs online', String(inventory.cpus.length)],
    ['Memory', `${(inventory.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ['Operating system', inventory.os],
    ['Kernel', inventory.kernel],
    ['Virtualisation', inventory.virtualization ?? 'none found'],
    [
      'vswbench',
      `${inventory.vswbenchVersion}${inventory.vswbenchCommit === null ? '' : ` (${inventory.vswbenchCommit})`}`,
    ],
  ];
  const more: [string, string][] = [
    ['Recorded', inventory.recordedAt],
    ['Kernel command line', inventory.kernelCommandLine],
    ['Clock source', `${inventory.clocksource}, ${inventory.invariantTsc ? 'invariant' : 'not invariant'} TSC`],
    [
      'Error of one-way delays',
      inventory.clockErrorNs === null
        ? 'unknown'
        : `at most ${inventory.clockErrorNs} ns: time-stamp counters of two CPUs differ by up to that`,
    ],
    ['Load average', inventory.loadAverage.toFixed(2)],
    [
      'Topology',
      inventory.cpus
        .map(({ id, node, socket, core }) => `CPU ${id}: node ${node}, socket ${socket}, core ${core}`)
        .join('; '),
    ],
  ];
  return [
    definitions(rows),
    h(
      'details',
      null,
      h('summary', null, 'Everything that was recorded'),
      definitions(more),
      ...(tuning.length === 0 ? [] : [h('h3', null, 'Tuning'), definitions(tuningRows({ tuning }))]),
      h('h3', null, 'Kernel settings'),
      definitions(Object.entries(inventory.knobs)),
      h('h3', null, 'Mitigations'),
      definitions(Object.entries(inventory.mitigations)),
      h('h3', null, 'Versions'),
      definitions(Object.entries(inventory.versions)),
    ),
  ];
}
