// SPDX-License-Identifier: Apache-2.0
// What doctor says of a host's knobs: how each stands, what it costs, and whether vswbench can turn it.
import type { Cpu } from '../model/inventory.ts';
import type { Finding } from './doctor.ts';
import type { Host } from './host.ts';
import { knobContext } from './knobs/context.ts';
import type { Knob } from './knobs/knob.ts';
import { knobRegistry } from './knobs/registry.ts';
import { lookAtKnob } from './knobs/turn.ts';

/** One finding a knob. Nothing is changed. */
export async function examineKnobs(host: Host, cpus: readonly Cpu[]): Promise<Finding[]> {
  const context = knobContext(cpus, likelyMeasured(cpus), { uplinks: [], mark: '' });
  return Promise.all(knobRegistry.map(async (knob) => finding(knob, await lookAtKnob(host, knob, context))));
}

/** As a campaign that needs many CPUs takes them: one hyperthread of each core, but for the core that is left to all else. */
function likelyMeasured(cpus: readonly Cpu[]): number[] {
  const cores = Map.groupBy(
    cpus.filter(({ allowed }) => allowed),
    ({ socket, core }) => `${socket}/${core}`,
  );
  const firsts = [...cores.values()].flatMap(([first]) => first?.id ?? []);
  return firsts.length > 2 ? firsts.slice(1) : firsts;
}

function finding(knob: Knob, { state, before, after, note }: Awaited<ReturnType<typeof lookAtKnob>>): Finding {
  const subject = `knob ${knob.id}`;
  const aside = note === null ? '' : `; ${note}`;
  if (state === 'off') {
    return {
      state: 'warning',
      subject,
      text: `${before ?? 'unknown'}: ${knob.cost}${aside}`,
      mend: `vswbench run --tune ${knob.id} makes it ${after ?? 'right'} while it measures (${knob.title}), and gives it back`,
    };
  }
  const text =
    state === 'unavailable' ? `cannot be turned here: ${note ?? 'unknown'}` : `${before ?? 'as it should be'}${aside}`;
  return { state: 'ok', subject, text: `${text} (${knob.title})` };
}
