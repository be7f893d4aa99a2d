// SPDX-License-Identifier: Apache-2.0
// What a driver answers is looked at before anything is built on it: the door through which a stranger's values come in.
import { z } from 'zod';
import type { Counter } from '../host/counter.ts';
import { CacheSchema } from '../model/cache.ts';
import { FlagSchema } from '../model/result.ts';
import { type PortHotplug, type PortRequest, type RunningSwitch, THREADS_MAX } from '../switches/driver.ts';
import { TrialFailure } from './failure.ts';

const count = z.custom<Counter>(
  (value) =>
    (typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint') && Number(value) >= 0,
  { error: ({ input }) => `expected a whole number from 0 on, or a bigint beyond 2^53, received ${shown(input)}` },
);
const drops = z.array(z.object({ reason: z.string().min(1), packets: count }));
const uplinkCounters = z.object({
  inPackets: count,
  outPackets: count,
  inBytes: count.exactOptional(),
  outBytes: count.exactOptional(),
  drops,
});
const request = z.object({ pair: z.int().nonnegative(), end: z.enum(['source', 'sink']) });
const portCounters = z.array(uplinkCounters.extend(request.shape)).nullable();

/** A word that becomes an argument of a program or a line of a container's configuration. */
const word = z.string().regex(/^[\x21-\x7e]+$/, { error: 'expected text without blanks or control characters' });
const path = word.startsWith('/', { error: 'expected a path that begins with /' });
/** IFNAMSIZ of linux/if.h is 16, with the NUL at its end. */
const interfaceName = word.regex(/^[^/]{1,15}$/, {
  error: 'expected the name of an interface, of at most 15 characters',
});
const port = z.discriminatedUnion('kind', [
  request.extend({ kind: z.literal('netdev'), interface: interfaceName, namespace: path.exactOptional() }),
  request.extend({ kind: z.enum(['vhost-user', 'memif']), directory: path, device: word }),
  request.extend({ kind: z.literal('vf'), devices: z.array(path), device: word }),
  request.extend({ kind: z.literal('netmap'), namespace: path, device: word }),
  request.extend({ kind: z.literal('tap'), namespace: path, device: interfaceName }),
]);

const complaint = z.string().min(1).nullable();
function fn<T>() {
  return z.custom<T>((value) => typeof value === 'function', { error: 'expected a function' });
}

const hotplug = z.object({
  unplug: fn<PortHotplug['unplug']>(),
  plug: fn<PortHotplug['plug']>(),
  connect: fn<NonNullable<PortHotplug['connect']>>().optional(),
});

const running = z.object({
  nextPorts: fn<RunningSwitch['nextPorts']>(),
  flags: z.array(FlagSchema),
  counters: fn<RunningSwitch['counters']>(),
  uplinkCounters: fn<NonNullable<RunningSwitch['uplinkCounters']>>().optional(),
  connect: fn<NonNullable<RunningSwitch['connect']>>().optional(),
  settled: fn<RunningSwitch['settled']>(),
  served: fn<NonNullable<RunningSwitch['served']>>().optional(),
  threads: fn<RunningSwitch['threads']>(),
  health: fn<RunningSwitch['health']>(),
  observe: fn<NonNullable<RunningSwitch['observe']>>().optional(),
  caches: fn<NonNullable<RunningSwitch['caches']>>().optional(),
  hotplug: hotplug.optional(),
});

/** The answers of a driver and of its running switch, by the call that gives them. */
export const ANSWERS = {
  start: running,
  nextPorts: z.array(port),
  plug: port,
  counters: portCounters,
  uplinkCounters,
  settled: complaint,
  served: z.array(request.extend({ queue: z.int().nonnegative(), thread: z.int().nonnegative() })),
  health: complaint,
  threads: z.array(z.int().positive()),
  observe: fn<Awaited<ReturnType<NonNullable<RunningSwitch['observe']>>>>(),
  threadsFor: z.int().nonnegative().max(THREADS_MAX),
  hugepageBytes: z.int().nonnegative(),
  frameLimit: z.object({ bytes: z.int().positive(), why: z.string().min(1) }).nullish(),
  figures: z.record(z.string(), z.number()),
  caches: z.array(CacheSchema),
} as const;

/**
 * The answer, read once and as it was then: what a driver keeps of it, it may change. Throws TrialFailure, with the field, where it is not of its
 * form, and whatever a getter of it throws: to be called where a driver's own calls are.
 */
export function checkAnswer<T>(step: string, schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new TrialFailure(step, `answers what no driver may: ${issueOf(parsed.error)}`);
}

/** The first thing that is wrong, with its field: `[1].inPackets: expected …`. */
export function issueOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'not of its form';
  const field = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return field === '' ? issue.message : `${field.replace(/^\./, '')}: ${issue.message}`;
}

/** Throws TrialFailure where these are not exactly the ends that were asked for. */
export function checkEnds(step: string, asked: readonly PortRequest[], given: readonly PortRequest[]): void {
  const name = ({ pair, end }: PortRequest) => `the ${end} of pair ${pair}`;
  const names = given.map(name);
  const missing = asked.map(name).find((one) => !names.includes(one));
  if (missing !== undefined) throw new TrialFailure(step, `has no port for ${missing}`);
  const odd = names.find((one, index) => names.indexOf(one) !== index || !asked.map(name).includes(one));
  if (odd !== undefined) throw new TrialFailure(step, `has a port for ${odd}, which is one too many`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'an object' : String(value);
}
