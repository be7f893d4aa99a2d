// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../host.ts';
import { found, type Knob } from './knob.ts';

export const LATENCY_DEVICE = '/dev/cpu_dma_latency';
const IDLE = '/sys/devices/system/cpu/cpuidle';

/**
 * Deep idle states are held off for as long as the device is held open. The shallowest that stops the CPU's clock is left: a hyperthread that
 * spins instead would slow the one beside it. A guest's only one gives its CPU up to the hypervisor, so there nothing but spinning is left.
 */
export const cStates: Knob = {
  id: 'c-states',
  title: 'deep idle states held off',
  cost: 'a CPU that sleeps deeply needs up to hundreds of microseconds to wake, and finds its caches empty',
  paper: false,
  async look(host) {
    const driver = (await host.read(`${IDLE}/current_driver`))?.trim() ?? 'none';
    const latencies = await latenciesOf(host);
    if (driver === 'none' || latencies.length === 0) {
      return { state: 'unavailable', note: 'this kernel chooses no idle state; in a guest the hypervisor does' };
    }
    const limit = await readLatencyUs(host);
    if (limit === null) return { state: 'unavailable', note: `there is no ${LATENCY_DEVICE}` };
    const [shallowest = 0, ...deeper] = latencies;
    if (driver !== 'haltpoll' && deeper.length === 0) return found([], 'no idle state is deeper than the first');
    const wantedUs = driver === 'haltpoll' ? 0 : shallowest;
    return found([
      {
        kind: 'latency',
        path: LATENCY_DEVICE,
        found: limit,
        wanted: String(wantedUs),
        suits: (value) => Number(value) <= wantedUs,
      },
    ]);
  },
};

/** How long each idle state but spinning takes to leave, in microseconds, the shallowest first. */
async function latenciesOf(host: Host): Promise<number[]> {
  const folder = '/sys/devices/system/cpu/cpu0/cpuidle';
  const states = await Promise.all(
    (await host.list(folder)).map(async (state) => ({
      name: (await host.read(`${folder}/${state}/name`))?.trim() ?? 'POLL',
      latencyUs: Number((await host.read(`${folder}/${state}/latency`)) ?? Number.NaN),
    })),
  );
  return states
    .filter(({ name, latencyUs }) => name !== 'POLL' && latencyUs >= 0)
    .map(({ latencyUs }) => latencyUs)
    .sort((a, b) => a - b);
}

/** The limit that all who hold the device open agree on, in microseconds; null where there is none to read. */
export async function readLatencyUs(host: Host): Promise<string | null> {
  const { exitCode, stdout } = await host.run(['od', '-An', '-tu4', '-N4', LATENCY_DEVICE]);
  return exitCode === 0 && /^\s*\d+\s*$/.test(stdout) ? stdout.trim() : null;
}

/** Holds the device open with a limit until its standard input ends; prints `held` once it does. Four bytes are the number itself. */
export function holdCommand(limitUs: number): string[] {
  const bytes = [0, 8, 16, 24].map((shift) => `\\${((limitUs >> shift) & 255).toString(8).padStart(3, '0')}`);
  return ['sh', '-c', 'exec 3>"$0" && printf "$1" >&3 && echo held && exec cat', LATENCY_DEVICE, bytes.join('')];
}
