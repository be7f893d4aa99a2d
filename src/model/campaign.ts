// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { dependsOnMachine, formatCpuList, parseCpuNames } from './cpu-list.ts';
import { assembled, type Lists, listsOf } from './fields.ts';
import { eachOf, type Given, namesOf, quantitiesOf, wordsOf } from './given.ts';
import {
  CELL_KEYS,
  type CellKey,
  type DefaultedKey,
  defaultOf,
  optionOf,
  PARAMETER_KEYS,
  PARAMETERS,
  type ParameterKey,
  type TestCase,
  WAITS,
} from './parameters.ts';
import { REPEATS, type Repeat } from './repetition.ts';
import { type Objective, SEARCH_DEFAULTS, type SearchSettings, WIDTH_RATIO_RANGE, writtenObjective } from './search.ts';
import { type TestbedSpec, TestbedsSchema } from './testbed.ts';
import { type Parsed, parseDurationMs } from './units.ts';

/** How narrow each case's 95 % interval is to become, and where to give up. */
export const PrecisionSchema = z.strictObject({
  /** Half of the interval's width, as a ratio of the median. */
  ratio: z.number().positive(),
  /** Trials of a test case at most. */
  trialsMax: z.int().positive(),
});
export type Precision = z.infer<typeof PrecisionSchema>;

/** One point of what is swept within a combination of switch, framework and port. */
type Cell = Pick<TestCase, CellKey>;
/** The values of what is swept; null is each dimension's own default. */
export type CampaignSweep = Lists<Cell, null>;

/**
 * A set of test cases and how they run. Lists are swept: each combination is one test case. Absent lists mean
 * "whatever this machine offers" and are filled by the planner.
 */
export interface Campaign {
  /** Null is told by what varies. */
  title: string | null;
  dimensions: TestCase['dimension'][];
  locations: TestCase['location'][];
  pairs: number[];
  /** Ids in the switch registry; null is every switch that this machine can run. */
  switches: string[] | null;
  /** I/O frameworks; null is every one that the switch can serve. */
  ios: string[] | null;
  /** Kinds of port; null is every one that switch and framework have in common. */
  ports: TestCase['port'][] | null;
  /** All else that is swept. */
  sweep: CampaignSweep;
  /** The user states sizes with the FCS, and is to read them so. */
  fcs: boolean;
  /** `auto`: poll, or yield where the placement has to share CPUs. */
  wait: TestCase['wait'] | 'auto';
  /** Of an automatic one the longest that it may take. */
  warmupMs: number;
  /** It goes on until the figures have no trend. */
  warmupAuto: boolean;
  durationMs: number;
  /** Of each test case; at least so many where a precision is asked for. */
  trials: number;
  /** Null is no more than `trials`. */
  precision: Precision | null;
  /** What capacities have to meet; null where none is searched for. */
  search: SearchSettings | null;
  /** Which trials are measured once more. */
  repeat: Repeat;
  /** Applications stay on their ports for the next trial, where that differs in nothing that they cannot be told. */
  reuse: boolean;
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
/** A scalar, a comma-separated list or a YAML list. */
const texts = z.union([text, z.array(text).min(1)]);
const truth = z.union([z.boolean(), z.string()]).transform(String);

type ListKey = Exclude<ParameterKey, 'testbed' | 'wait'>;
const LIST_KEYS = PARAMETER_KEYS.filter((key): key is ListKey => key !== 'testbed' && key !== 'wait');

/** The campaign file: every key is optional, unknown keys are refused. The command line's options have the same names. */
export const CampaignFileSchema = z.strictObject({
  title: text.optional(),
  ...assembled<Record<ListKey, z.ZodOptional<typeof texts>>>(LIST_KEYS, () => texts.optional()),
  fcs: truth.optional(),
  wait: text.optional(),
  warmup: text.optional(),
  duration: text.optional(),
  trials: text.optional(),
  precision: text.optional(),
  maxTrials: text.optional(),
  objective: texts.optional(),
  width: text.optional(),
  durationSum: text.optional(),
  budget: text.optional(),
  repeat: text.optional(),
  reuse: truth.optional(),
  tune: texts.optional(),
  seed: text.optional(),
  hostNetwork: truth.optional(),
  cpus: texts.optional(),
  testbed: texts.optional(),
  testbeds: TestbedsSchema.optional(),
});
export type CampaignFile = z.infer<typeof CampaignFileSchema>;

/** Six is the smallest number of trials whose range is a 95 % confidence interval of the median without assuming a distribution. */
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

/** At its rate each burst has to fit the measured window: else there are windows without a packet. */
function requireBursts({ dimensions, sweep, fcs, durationMs }: Campaign): void {
  for (const dimension of dimensions) {
    const rates = sweep.rate ?? [defaultOf('rate', dimension, { fcs })];
    const slowest = Math.min(...rates.flatMap((rate) => (rate === 'max' ? [] : [rate])));
    const largest = Math.max(...(sweep.burst ?? [defaultOf('burst', dimension, { fcs })]));
    const apartMs = (1000 * largest) / slowest;
    if (apartMs <= durationMs) continue;
    const mend = 1000 / slowest > durationMs ? 'give a longer --duration' : 'give -B 1 or a longer --duration';
    throw new FieldError(
      `burst (-B): at ${slowest} packets/s a burst of ${largest} is due each ${apartMs / 1000} s, longer than the window of ${durationMs / 1000} s; ${mend}`,
    );
  }
}

function readCampaign(file: CampaignFile): Campaign {
  const fcs = truthOf('fcs (--fcs)', file.fcs);
  const given = <Key extends ListKey>(key: Key) => valuesOf(key, file[key], fcs);
  const usual = <Key extends DefaultedKey>(key: Key) => defaultOf(key, 'throughput', { fcs });
  return {
    title: titleOf(file.title),
    dimensions: given('dimension') ?? [usual('dimension')],
    locations: given('location') ?? [usual('location')],
    pairs: given('pairs') ?? [usual('pairs')],
    switches: given('switch'),
    ios: given('io'),
    ports: given('port'),
    sweep: listsOf<Cell, null>(CELL_KEYS, given),
    fcs,
    wait: waitOf(file.wait),
    ...warmupOf(file.warmup ?? '500ms'),
    durationMs: durationMs('duration', file.duration ?? '3s', 200),
    trials: single('trials', file.trials ?? TRIALS_DEFAULT, 1, TRIALS_MAX),
    precision: precisionOf(file),
    search: searchOf(file, given('dimension') ?? []),
    repeat: word('repeat (--repeat)', file.repeat ?? 'disturbed', REPEATS),
    reuse: truthOf('reuse (--reuse)', file.reuse),
    tune: taken('tune (--tune)', namesOf(file.tune ?? 'off')),
    seed: file.seed === undefined ? null : single('seed', file.seed, 0, 0xffff_ffff),
    hostNetwork: truthOf('hostNetwork (--host-network)', file.hostNetwork),
    cpus: file.cpus === undefined ? null : cpuList(file.cpus),
    testbeds: valuesOf('testbed', file.testbed, fcs) ?? [usual('testbed')],
    testbedSpecs: file.testbeds ?? {},
  };
}

/** What was given for a parameter; null where that is nothing. */
function valuesOf<Key extends ParameterKey>(key: Key, given: Given | undefined, fcs: boolean): TestCase[Key][] | null {
  return given === undefined ? null : taken(labelOf(key), PARAMETERS[key].parse(given, { fcs }));
}

/** A field as errors name it: by its name in files, and the shorter of its options. */
function labelOf(key: ParameterKey): string {
  return `${key} (${optionOf(key)})`;
}

function taken<T>(field: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new FieldError(`${field}: ${parsed.error}`);
}

function waitOf(given = 'auto'): Campaign['wait'] {
  return word(labelOf('wait'), given, ['auto', ...WAITS]);
}

function truthOf(field: string, given = 'false'): boolean {
  return word(field, given, ['true', 'false']) === 'true';
}

/** Longest automatic warm-up: what is not quiet by then is drift. */
const AUTO_WARMUP_MAX_MS = 30_000;

function warmupOf(value: string): Pick<Campaign, 'warmupMs' | 'warmupAuto'> {
  return value.trim() === 'auto'
    ? { warmupMs: AUTO_WARMUP_MAX_MS, warmupAuto: true }
    : { warmupMs: durationMs('warmup', value, 0), warmupAuto: false };
}

function titleOf(value: string | undefined): string | null {
  if (value !== undefined && value.trim() === '') throw new FieldError('title (--title): empty; give a text');
  return value?.trim() ?? null;
}

function precisionOf({ precision, maxTrials, trials = TRIALS_DEFAULT }: CampaignFile): Precision | null {
  if (precision === undefined) {
    if (maxTrials !== undefined) throw new FieldError('maxTrials requires a precision: add precision 2%');
    return null;
  }
  const ratio = percentIn('precision', precision, [0.001, 0.5]);
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

/** What only searches have, as errors name it. */
const OF_SEARCHES = {
  objective: 'objective (--objective)',
  width: 'width (--width)',
  durationSum: 'durationSum (--duration-sum)',
  budget: 'budget (--budget)',
} as const;

function searchOf(file: CampaignFile, dimensions: Campaign['dimensions']): SearchSettings | null {
  if (!dimensions.includes('capacity')) {
    for (const key of ['objective', 'width', 'durationSum', 'budget'] as const) {
      if (file[key] === undefined) continue;
      throw new FieldError(`${OF_SEARCHES[key]}: only searches have it; call 'vswbench search', or add -D capacity`);
    }
    return null;
  }
  return {
    ...SEARCH_DEFAULTS,
    ...(file.objective === undefined ? {} : { objectives: taken(OF_SEARCHES.objective, objectivesOf(file.objective)) }),
    ...(file.width === undefined ? {} : { widthRatio: percentIn(OF_SEARCHES.width, file.width, WIDTH_RATIO_RANGE) }),
    ...(file.durationSum === undefined
      ? {}
      : { durationSumMs: durationMs(OF_SEARCHES.durationSum, file.durationSum, 200) }),
    ...(file.budget === undefined ? {} : { budgetMs: durationMs(OF_SEARCHES.budget, file.budget, 1000) }),
  };
}

/** `loss=0`, `loss=0.5%`, `p999=100us`, `cpu=1.5`. */
function objectivesOf(given: Given): Parsed<Objective[]> {
  const parsed = eachOf<Objective>(given, (item) => {
    const objective = objectiveOf(item);
    return objective.ok ? { ok: true, value: [objective.value] } : objective;
  });
  if (!parsed.ok) return parsed;
  const each = new Map(parsed.value.map((objective) => [writtenObjective(objective), objective]));
  return { ok: true, value: [...each.values()] };
}

const NS = { ns: 1, us: 1000, ms: 1_000_000 } as const;

function objectiveOf(item: string): Parsed<Objective> {
  const [, figure = '', number = '', unit = ''] = /^(loss|p99|p999|cpu)=(\d+(?:\.\d+)?)(%|ns|us|ms|)$/.exec(item) ?? [];
  const value = Number(number);
  if (figure === 'loss' && (unit === '%' || (unit === '' && value === 0))) {
    if (value >= 100) return { ok: false, error: `'${item}' is met by every rate; give less than 100%` };
    return { ok: true, value: { figure, mostRatio: value / 100 } };
  }
  if (value > 0 && (figure === 'p99' || figure === 'p999') && (unit === 'ns' || unit === 'us' || unit === 'ms')) {
    return { ok: true, value: { figure, mostNs: value * NS[unit] } };
  }
  if (value > 0 && figure === 'cpu' && unit === '') return { ok: true, value: { figure, mostCpus: value } };
  return {
    ok: false,
    error: `'${item}' is not an objective (examples: loss=0, loss=0.5%, p999=100us, p99=50us, cpu=1.5)`,
  };
}

function percentIn(field: string, given: string, [least, most]: readonly [number, number]): number {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(given.trim()) ?? [];
  if (percent === undefined) throw new FieldError(`${field}: '${given}' is not a percentage, such as 2%`);
  const ratio = Number(percent) / 100;
  if (ratio >= least && ratio <= most) return ratio;
  throw new FieldError(`${field}: ${percent}% is out of range; give ${100 * least}% to ${100 * most}%`);
}

function cpuList(given: Given): string {
  const text = typeof given === 'string' ? given : given.join(',');
  const cpus = taken('cpus (--cpus)', parseCpuNames(text));
  return dependsOnMachine(text) ? text.trim() : formatCpuList(cpus);
}

/** One of these words. */
function word<T extends string>(field: string, given: string, allowed: readonly T[]): T {
  return one(field, 'word', given, taken(field, wordsOf(given, allowed)));
}

function single(field: string, given: string, min: number, max: number): number {
  return one(field, 'number', given, taken(field, quantitiesOf(given, { min, max, unit: '' })));
}

function one<T>(field: string, what: string, given: string, [first, ...others]: readonly T[]): T {
  if (first === undefined || others.length > 0) throw new FieldError(`${field}: give one ${what}, not '${given}'`);
  return first;
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
