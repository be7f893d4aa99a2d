// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { formatCpuList, parseCpuNames } from './cpu-list.ts';
import { type PortKind, PortKindSchema } from './dataplane.ts';
import { FCS_BYTES, FRAME_BYTES_MAX, FRAME_BYTES_MIN } from './frame.ts';
import { LOCAL_TESTBED, TestbedNameSchema, type TestbedSpec, TestbedsSchema } from './testbed.ts';
import { commaAmbiguity, type Parsed, parseDurationMs, parseQuantities } from './units.ts';

/** How narrow each case's 95 % interval is to become, and where to give up. */
export const PrecisionSchema = z.strictObject({
  /** Half of the interval's width, as a ratio of the median. */
  ratio: z.number().positive(),
  /** Trials of a test case at most. */
  trialsMax: z.int().positive(),
});
export type Precision = z.infer<typeof PrecisionSchema>;

/**
 * A set of test cases and how they run. Lists are swept: each combination is one test case. Absent lists mean
 * "whatever this machine offers" and are filled by the planner.
 */
export interface Campaign {
  /** Null is told by what varies. */
  title: string | null;
  dimensions: ('throughput' | 'latency')[];
  locations: ('local' | 'remote')[];
  pairs: number[];
  /** Ids in the switch registry; null is every switch that this machine can run. */
  switches: string[] | null;
  /** I/O frameworks; null is every one that the switch can serve. */
  ios: string[] | null;
  /** Kinds of port; null is every one that switch and framework have in common. */
  ports: PortKind[] | null;
  /** Of whole Ethernet frames without FCS, bytes. */
  packetSizes: number[];
  /** The user states sizes with the FCS, and is to read them so. */
  fcs: boolean;
  /** Null is the dimension's own default: see defaultRate. */
  rates: (number | 'max')[] | null;
  /** Null is the dimension's own default: see defaultBurst. */
  bursts: number[] | null;
  touches: ('full' | 'none')[];
  rxModerations: ('on' | 'off')[];
  placements: ('spread' | 'same-core' | 'same-cache' | 'cross-socket')[];
  /** `auto`: poll, or yield where the placement has to share CPUs. */
  wait: 'auto' | 'poll' | 'yield' | 'block';
  /** Of an automatic one the longest that it may take. */
  warmupMs: number;
  /** It goes on until the figures have no trend. */
  warmupAuto: boolean;
  durationMs: number;
  /** Of each test case; at least so many where a precision is asked for. */
  trials: number;
  /** Null is no more than `trials`. */
  precision: Precision | null;
  /** Knobs to be turned while it runs, and sets of them: `paper`, `all`, `off`. */
  tune: string[];
  /** Null is drawn when the campaign starts, and recorded. */
  seed: number | null;
  /** Kernel switches are measured in the host's own network, rules and all, and not in a namespace of our own. */
  hostNetwork: boolean;
  /** CPUs to use, and no others, on hosts that do not name their own; null is all that may be used. */
  cpus: string | null;
  /** Names of the testbeds over which the test cases are spread. */
  testbeds: string[];
  /** Testbeds that the campaign file defines. */
  testbedSpecs: Readonly<Record<string, TestbedSpec>>;
}

const text = z.union([z.string(), z.number()]).transform(String);
/** A scalar, a comma-separated list or a YAML list: all become one comma-separated text. */
const texts = z.union([
  text,
  z
    .array(text)
    .min(1)
    // With the blank it cannot be a decimal comma.
    .transform((list) => list.join(', ')),
]);

/** The campaign file: every key is optional, unknown keys are refused. The command line's options have the same names. */
export const CampaignFileSchema = z.strictObject({
  title: text.optional(),
  dimension: texts.optional(),
  location: texts.optional(),
  pairs: texts.optional(),
  switch: texts.optional(),
  io: texts.optional(),
  port: texts.optional(),
  packetSize: texts.optional(),
  fcs: z.union([z.boolean(), z.string()]).transform(String).optional(),
  rate: texts.optional(),
  burst: texts.optional(),
  touch: texts.optional(),
  rxModeration: texts.optional(),
  placement: texts.optional(),
  wait: text.optional(),
  warmup: text.optional(),
  duration: text.optional(),
  trials: text.optional(),
  precision: text.optional(),
  maxTrials: text.optional(),
  tune: texts.optional(),
  seed: text.optional(),
  hostNetwork: z.union([z.boolean(), z.string()]).transform(String).optional(),
  cpus: texts.optional(),
  testbed: texts.optional(),
  testbeds: TestbedsSchema.optional(),
});
export type CampaignFile = z.infer<typeof CampaignFileSchema>;

/** Six is the smallest number of trials whose range is a 95 % confidence interval of the median without assuming a distribution. */
/** Pairs of containers of a test case: each has addresses of its own. */
export const PAIRS_MAX = 128;
const TRIALS_DEFAULT = '6';
const TRIALS_MAX = 10_000;

/** Below this no interval is free of an assumed distribution, and a precision would be one of that assumption. */
const PRECISION_TRIALS_MIN = 6;
const MAX_TRIALS_DEFAULT = '30';

/** Reads what a campaign file or the command line gave. The error is one line: the field, what is wrong, what is right. */
export function parseCampaign(file: CampaignFile): Parsed<Campaign> {
  try {
    const campaign = readCampaign(file);
    requireBursts(campaign);
    return { ok: true, value: campaign };
  } catch (error) {
    if (error instanceof FieldError) return { ok: false, error: error.message };
    throw error;
  }
}

class FieldError extends Error {}

/** The rate of each sender where a campaign gives none: unpaced for throughput, 1000 packets/s for latency, as in the paper's §4.5. */
export function defaultRate(dimension: Campaign['dimensions'][number]): number | 'max' {
  return dimension === 'latency' ? 1000 : 'max';
}

/**
 * The burst where a campaign gives none: 64 for throughput, and 4 for latency, the least of the paper's figure 5. At 1000 packets/s that is
 * a burst each 4 ms; with 64 it would be one each 64 ms, and a packet's delay mostly the time that the rest of its burst takes.
 */
export function defaultBurst(dimension: Campaign['dimensions'][number]): number {
  return dimension === 'latency' ? 4 : 64;
}

/** At its rate each burst has to fit the measured window: else there are windows without a packet. */
function requireBursts({ dimensions, rates, bursts, durationMs }: Campaign): void {
  for (const dimension of dimensions) {
    const slowest = Math.min(...(rates ?? [defaultRate(dimension)]).flatMap((rate) => (rate === 'max' ? [] : [rate])));
    const largest = Math.max(...(bursts ?? [defaultBurst(dimension)]));
    const apartMs = (1000 * largest) / slowest;
    if (apartMs <= durationMs) continue;
    const mend = 1000 / slowest > durationMs ? 'give a longer --duration' : 'give -B 1 or a longer --duration';
    throw new FieldError(
      `burst (-B): at ${slowest} packets/s a burst of ${largest} is due each ${apartMs / 1000} s, longer than the window of ${durationMs / 1000} s; ${mend}`,
    );
  }
}

function readCampaign(file: CampaignFile): Campaign {
  return {
    title: titleOf(file.title),
    dimensions: words('dimension (-D)', file.dimension ?? 'throughput', ['throughput', 'latency']),
    locations: words('location (-L)', file.location ?? 'local', ['local', 'remote']),
    pairs: pairSets(file.pairs ?? '1vs1'),
    switches: file.switch === undefined ? null : names('switch (-V)', file.switch),
    ios: file.io === undefined ? null : names('io (--io)', file.io),
    ports: file.port === undefined ? null : words('port (--port)', file.port, PortKindSchema.options),
    ...packetSizes(file),
    rates: file.rate === undefined ? null : rates(file.rate),
    bursts: file.burst === undefined ? null : quantities('burst (-B)', file.burst, 1, 1024, 'packets'),
    touches: words('touch', file.touch ?? 'full', ['full', 'none']),
    rxModerations: words('rxModeration (--rx-moderation)', file.rxModeration ?? 'on', ['on', 'off']),
    placements: words('placement', file.placement ?? 'spread', ['spread', 'same-core', 'same-cache', 'cross-socket']),
    wait: word('wait', file.wait ?? 'auto', ['auto', 'poll', 'yield', 'block']),
    ...warmupOf(file.warmup ?? '500ms'),
    durationMs: durationMs('duration', file.duration ?? '3s', 200),
    trials: single('trials', file.trials ?? TRIALS_DEFAULT, 1, TRIALS_MAX),
    precision: precisionOf(file),
    tune: names('tune (--tune)', file.tune ?? 'off'),
    seed: file.seed === undefined ? null : single('seed', file.seed, 0, 0xffff_ffff),
    hostNetwork: word('hostNetwork (--host-network)', file.hostNetwork ?? 'false', ['true', 'false']) === 'true',
    cpus: file.cpus === undefined ? null : cpuList(file.cpus),
    testbeds: testbedNames(file.testbed ?? LOCAL_TESTBED),
    testbedSpecs: file.testbeds ?? {},
  };
}

/** Longest automatic warm-up: what is not quiet by then is drift. */
const AUTO_WARMUP_MAX_MS = 30_000;

function warmupOf(value: string): Pick<Campaign, 'warmupMs' | 'warmupAuto'> {
  return value.trim() === 'auto'
    ? { warmupMs: AUTO_WARMUP_MAX_MS, warmupAuto: true }
    : { warmupMs: durationMs('warmup', value, 0), warmupAuto: false };
}

function titleOf(value: string | undefined): string | null {
  if (value !== undefined && value.trim() === '') throw new FieldError('title (--title): it is empty; give a text');
  return value?.trim() ?? null;
}

function precisionOf({ precision, maxTrials, trials = TRIALS_DEFAULT }: CampaignFile): Precision | null {
  if (precision === undefined) {
    if (maxTrials !== undefined) throw new FieldError('maxTrials: it limits a precision; give one, as precision 2%');
    return null;
  }
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(precision.trim()) ?? [];
  if (percent === undefined) throw new FieldError(`precision: '${precision}' is not a percentage, such as 2%`);
  const ratio = Number(percent) / 100;
  if (ratio < 0.001 || ratio > 0.5) throw new FieldError(`precision: ${percent}% is out of range; give 0.1% to 50%`);
  const least = single('trials', trials, 1, TRIALS_MAX);
  if (least < PRECISION_TRIALS_MIN) {
    throw new FieldError(`trials: ${least} are too few for a precision; give ${PRECISION_TRIALS_MIN} or more`);
  }
  const trialsMax =
    maxTrials === undefined ? Number(MAX_TRIALS_DEFAULT) : single('maxTrials', maxTrials, 1, TRIALS_MAX);
  if (maxTrials !== undefined && trialsMax < least) {
    throw new FieldError(`maxTrials: ${trialsMax} is less than the ${least} trials that each case gets; give more`);
  }
  return { ratio, trialsMax: Math.max(trialsMax, least) };
}

function names(field: string, value: string): string[] {
  const list = value.split(',').map((name) => name.trim());
  const odd = list.find((name) => !/^[a-z0-9][a-z0-9-]*$/.test(name));
  if (odd !== undefined) throw new FieldError(`${field}: '${odd}' is not a name (lower-case letters, digits and '-')`);
  return [...new Set(list)];
}

function testbedNames(value: string): string[] {
  return [
    ...new Set(
      value.split(',').map((item) => {
        const parsed = TestbedNameSchema.safeParse(item.trim());
        if (parsed.success) return parsed.data;
        throw new FieldError(`testbed (--testbed): '${item}' ${parsed.error.issues[0]?.message ?? ''}`);
      }),
    ),
  ];
}

function cpuList(value: string): string {
  const parsed = parseCpuNames(value);
  if (!parsed.ok) throw new FieldError(`cpus (--cpus): ${parsed.error}`);
  return formatCpuList(parsed.value);
}

function word<T extends string>(field: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value.trim());
  if (found === undefined) throw new FieldError(`${field}: '${value}' is not one of ${allowed.join(', ')}`);
  return found;
}

function words<T extends string>(field: string, value: string, allowed: readonly T[]): T[] {
  return [...new Set(value.split(',').map((item) => word(field, item, allowed)))];
}

function quantities(field: string, value: string, min: number, max: number, unit: string): number[] {
  const parsed = parseQuantities(value);
  if (!parsed.ok) throw new FieldError(`${field}: ${parsed.error}`);
  const odd = parsed.value.find((item) => item < min || item > max);
  if (odd !== undefined)
    throw new FieldError(`${field}: ${odd} is out of range; give ${`${min} to ${max} ${unit}`.trim()}`);
  return parsed.value;
}

/** The smallest and the largest frame are those of RFC 2544 and of an MTU of 9000. */
function packetSizes({
  packetSize = '64',
  fcs: stated = 'false',
}: CampaignFile): Pick<Campaign, 'packetSizes' | 'fcs'> {
  const fcs = word('fcs (--fcs)', stated, ['true', 'false']) === 'true';
  const extra = fcs ? FCS_BYTES : 0;
  const unit = fcs
    ? 'bytes of the whole Ethernet frame with its FCS (without --fcs: less 4)'
    : "bytes of the whole Ethernet frame without its FCS (RFC 2544's 64 and 1518 are 60 and 1514; --fcs takes them as they are)";
  const sizes = quantities('packetSize (-P)', packetSize, FRAME_BYTES_MIN + extra, FRAME_BYTES_MAX + extra, unit);
  return { packetSizes: sizes.map((bytes) => bytes - extra), fcs };
}

function single(field: string, value: string, min: number, max: number): number {
  const list = quantities(field, value, min, max, '');
  const [first] = list;
  if (first === undefined || list.length > 1) throw new FieldError(`${field}: give one number, not '${value}'`);
  return first;
}

function rates(value: string): (number | 'max')[] {
  const ambiguity = commaAmbiguity(value);
  if (ambiguity !== null) throw new FieldError(`rate (-R): ${ambiguity}`);
  const list = value.split(',').flatMap((item): (number | 'max')[] => {
    if (item.trim() === 'max') return ['max'];
    const parsed = parseQuantities(item);
    if (!parsed.ok) throw new FieldError(`rate (-R): ${parsed.error}, nor is it 'max'`);
    const odd = parsed.value.find((rate) => rate < 1 || rate > 1e9);
    if (odd !== undefined) {
      throw new FieldError(`rate (-R): ${odd} is out of range; give 1 to 1G packets/s, or 'max' for unpaced`);
    }
    return parsed.value;
  });
  return [...new Set(list)];
}

/** `4vs4`, and ranges: `1vs1..4vs4`, or as those of numbers, `1..4/1`. */
function pairSets(value: string): number[] {
  return [...new Set(value.split(',').flatMap((item) => (item.includes('..') ? pairRange(item) : [pairSet(item)])))];
}

function pairSet(item: string): number {
  const match = /^(\d+)vs(\d+)$/.exec(item.trim());
  if (match === null || match[1] !== match[2]) {
    throw new FieldError(`pairs (-S): '${item}' is not NvsN with the same N twice (examples: 1vs1, 4vs4, 1vs1..4vs4)`);
  }
  return single('pairs (-S)', match[1] ?? '', 1, PAIRS_MAX);
}

/** Without a step it is 1. */
function pairRange(item: string): number[] {
  const [range, first, last, step = '1'] =
    /^(\d+)(?:vs\1)?\.\.(\d+)(?:vs\2)?(?:\/(\d+)(?:vs\3)?)?$/.exec(item.trim()) ?? [];
  if (range === undefined) {
    throw new FieldError(`pairs (-S): '${item}' is not a range (examples: 1vs1..4vs4, 2vs2..8vs8/2)`);
  }
  return quantities('pairs (-S)', `${first}..${last}/${step}`, 1, PAIRS_MAX, '');
}

/** Longest single trial: a day. */
const DURATION_MAX_MS = 24 * 3600 * 1000;

function durationMs(field: string, value: string, minMs: number): number {
  const parsed = parseDurationMs(value);
  if (!parsed.ok) throw new FieldError(`${field}: ${parsed.error}`);
  if (parsed.value < minMs || parsed.value > DURATION_MAX_MS) {
    throw new FieldError(`${field}: '${value}' is out of range; give ${minMs}ms to 24h`);
  }
  return parsed.value;
}
