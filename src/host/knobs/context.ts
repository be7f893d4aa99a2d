// SPDX-License-Identifier: Apache-2.0
import type { Cpu } from '../../model/inventory.ts';
import type { KnobContext } from './knob.ts';

/** What knobs need to know of a host: `cpus` are those that are online, `measured` the numbers of those whose work is measured. */
export function knobContext(
  cpus: readonly Cpu[],
  measured: readonly number[],
  { uplinks, mark }: Pick<KnobContext, 'uplinks' | 'mark'>,
): KnobContext {
  const core = ({ socket, core }: Cpu) => `${socket}/${core}`;
  const used = cpus.filter(({ id }) => measured.includes(id));
  const unused = cpus.filter(({ id }) => !measured.includes(id));
  const cores = used.map(core);
  const ids = (some: readonly Cpu[]) => some.map(({ id }) => id);
  return {
    measured: ids(used),
    coresShared: ids(used.filter((cpu) => cores.indexOf(core(cpu)) !== cores.lastIndexOf(core(cpu)))),
    siblings: ids(unused.filter((cpu) => cores.includes(core(cpu)))),
    others: ids(unused.filter((cpu) => !cores.includes(core(cpu)))),
    ...{ uplinks, mark },
  };
}
