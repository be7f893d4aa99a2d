// SPDX-License-Identifier: Apache-2.0
// Tracing that somebody has left on: packets may pay for it, and nothing that is measured shows it.
import type { Host } from './host.ts';

/** Where the kernel has it, and where it was before Linux 4.1, below debugfs. */
export const TRACING = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/** What events/enable says, where it is not `0`: of all events, or of some (Documentation/trace/events.rst). */
const EVENTS: Record<string, string> = { '1': 'all events', X: 'some events' };

/**
 * What the kernel traces (ftrace), as `function tracer, some events`; empty where nothing, or where nobody can tell. Instances of their own,
 * in which rasdaemon waits for errors of the memory, are left out: they are quiet.
 */
export async function tracingOf(host: Host): Promise<string> {
  for (const folder of TRACING) {
    const text = async (file: string) => (await host.read(`${folder}/${file}`))?.trim() ?? null;
    const tracer = await text('current_tracer');
    if (tracer === null) continue;
    if ((await text('tracing_on')) === '0') return '';
    const events = EVENTS[(await text('events/enable')) ?? ''];
    return [...(tracer === 'nop' ? [] : [`${tracer} tracer`]), ...(events === undefined ? [] : [events])].join(', ');
  }
  return '';
}
