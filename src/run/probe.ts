// SPDX-License-Identifier: Apache-2.0
// Asks a driver whether its switch can be used on a host. One that cannot answer is not there, as any switch may be; the others are.
import { z } from 'zod';
import { type Host, HostLostError } from '../host/host.ts';
import { SWITCH_OPTIONS } from '../model/switch-options.ts';
import type { Probe, SwitchDriver } from '../switches/driver.ts';
import { checkAnswer } from './driver-answers.ts';
import { CALL_LIMITS_MS, callDriver } from './driver-call.ts';
import { reasonOf } from './failure.ts';

const ProbeSchema = z.discriminatedUnion('available', [
  z.object({
    ...{ available: z.literal(true), version: z.string().min(1) },
    program: z.string().min(1).exactOptional(),
    without: z.partialRecord(z.enum(SWITCH_OPTIONS), z.string().min(1)).exactOptional(),
  }),
  z.object({ available: z.literal(false), missing: z.string().min(1), mend: z.string().min(1) }),
]);

/** What its probe says or, where that fails, that it does. Throws HostLostError alone. */
export async function probe(driver: SwitchDriver, host: Host): Promise<Probe> {
  try {
    const call = { step: 'probe()', limitMs: CALL_LIMITS_MS.probe, signals: [] };
    return await callDriver(call, async () => checkAnswer('probe()', ProbeSchema, await driver.probe(host)));
  } catch (error) {
    if (error instanceof HostLostError) throw error;
    return { available: false, missing: `probe() of ${driver.id} fails: ${reasonOf(error)}`, mend: MEND };
  }
}

/** Of whatever is wrong with a driver before its switch is started. */
export const MEND = 'mend its driver, or leave it out';
