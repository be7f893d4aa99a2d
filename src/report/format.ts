// SPDX-License-Identifier: Apache-2.0
// Numbers for people. One table or chart uses one unit throughout, so that its figures compare at a glance.

import { DECIDING } from '../model/deciding.ts';
import { assembled } from '../model/fields.ts';
import { mtuSetting } from '../model/frame.ts';
import type { Dimension } from '../model/parameter.ts';
import { GROUP_KEYS, type GroupKey, isAsBefore, toldOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult, Interval, StoredCampaign } from '../model/result.ts';
import { type HostRecord, LOCAL_TESTBED, testbedsOf } from '../model/testbed.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { duration, percentOf } from '../model/units.ts';
import { type Group, groupOf } from '../stats/group.ts';
import type { Compared } from '../stats/standing.ts';

/** A unit and how its figures are written. */
export interface Scale {
  unit: string;
  divisor: number;
  digits: number;
}

/** The unit in which all of some packet rates (packets/s) read well. */
export function ppsScale(values: readonly number[]): Scale {
  const largest = Math.max(0, ...values);
  if (largest >= 1e6) return { unit: 'Mpps', divisor: 1e6, digits: 3 };
  return largest >= 1e3 ? { unit: 'kpps', divisor: 1e3, digits: 1 } : { unit: 'pps', divisor: 1, digits: 1 };
}

/** Delays are told in microseconds; the argument of all of them is nanoseconds. */
export const MICROSECONDS: Scale = { unit: 'µs', divisor: 1e3, digits: 1 };

/** For how long others are cut off. */
export const MILLISECONDS: Scale = { unit: 'ms', divisor: 1, digits: 2 };

/** Of a train, or of a queue. */
export const PACKETS: Scale = { unit: 'packets', divisor: 1, digits: 0 };

/** The unit in which a figure of this size reads well that decides between cases. */
export function decidingScale(dimension: Dimension, figure: number): Scale {
  const { unit } = DECIDING[dimension];
  switch (unit) {
    case 'pps':
      return ppsScale([figure]);
    case 'ns':
      return MICROSECONDS;
    case 'ms':
      return MILLISECONDS;
    case 'packets':
      return PACKETS;
    default:
      return unit satisfies never;
  }
}

/** Bits/s as Gbit/s = 10⁹ bit/s. */
export const GIGABITS: Scale = { unit: 'Gbit/s', divisor: 1e9, digits: 3 };

/** A number in a scale, without the unit. */
export function inScale(value: number, { divisor, digits }: Scale): string {
  return (value / divisor).toFixed(digits);
}

/** A number with its unit. */
export function withUnit(value: number, scale: Scale): string {
  return `${inScale(value, scale)} ${scale.unit}`;
}

/** The bounds of an interval, without the unit; a dash where there are none. */
export function bounds({ ciLow, ciHigh }: Interval, scale: Scale): string {
  return ciLow === null || ciHigh === null ? '–' : `${inScale(ciLow, scale)} – ${inScale(ciHigh, scale)}`;
}

/** A loss ratio as a percentage that never rounds a loss to none; a dash where it is not known. */
export function percentLost(ratio: number | null): string {
  if (ratio === null) return '–';
  if (ratio === 0) return '0 %';
  const percent = 100 * ratio;
  return percent > 0 && percent < 0.01 ? '<0.01 %' : `${percent.toFixed(2)} %`;
}

/** How many trials a campaign gives each case: `6`, or `6 to 30` where it goes on until a precision is reached. */
export function trialsOf({ trialsPlanned, precision }: Pick<StoredCampaign, 'trialsPlanned' | 'precision'>): string {
  return precision === null || precision.trialsMax === trialsPlanned
    ? `${trialsPlanned}`
    : `${trialsPlanned} to ${precision.trialsMax}`;
}

/** The same with the word: `1 trial`, `6 to 30 trials`. */
export function spelledTrials(
  campaign: Pick<StoredCampaign, 'trialsPlanned' | 'precision'>,
  [one, several] = ['trial', 'trials'],
): string {
  const trials = trialsOf(campaign);
  return trials === '1' ? `1 ${one}` : `${trials} ${several}`;
}

/** A number of things: `1 test case`, `2 test cases`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What ends a campaign's rounds, to follow their number; empty where that is the number. */
export function untilPrecise({ precision }: Pick<StoredCampaign, 'precision'>): string {
  return precision === null ? '' : `, until the 95 % interval is within ±${percentOf(precision.ratio)}`;
}

/** A whole number in groups of three digits. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A duration for people: `500 ms`, `3 s`. */
export function spelledDuration(ms: number): string {
  return duration(ms).replace(/(\d)(m?s)$/, '$1 $2');
}

/** What came before each measured window, and how long that was: `500 ms of warm-up`. */
export function spelledWarmup({ warmupMs, warmupAuto, results }: CampaignResult): string {
  if (!warmupAuto) return `${spelledDuration(warmupMs)} of warm-up`;
  const took = results.flatMap(({ evidence }) => evidence.warmupS ?? []);
  const [least, most] = [
    Math.min(...took.map((one) => one.least)).toFixed(1),
    Math.max(...took.map((one) => one.most)).toFixed(1),
  ];
  const range = took.length === 0 ? '' : `${least === most ? least : `${least} to ${most}`} s, `;
  return `a warm-up until the figures had no trend (${range}at most ${spelledDuration(warmupMs)})`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** How a report calls a case within its group. */
export function caseName(testCase: Pick<TestCase, 'switch' | 'io' | 'port'>): string {
  return `${testCase.switch} with ${ioName(testCase)}`;
}

/** Each parameter of a group under the paper's letter, as text. */
export function parameters(group: Group): Record<keyof Group, string> {
  return assembled<Record<keyof Group, string>>(GROUP_KEYS, (key: GroupKey) => toldOf(key, group[key]));
}

/** The parameters in which groups differ. */
export function varying(groups: readonly Group[]): (keyof Group)[] {
  return GROUP_KEYS.filter((name) => new Set(groups.map((group) => group[name])).size > 1);
}

/** A campaign, as far as naming its machines goes. */
interface Machines {
  hosts: readonly Pick<HostRecord, 'testbed'>[];
}

/** Whether figures need the name of their testbed: not where there is but the machine where vswbench runs. */
export function namesTestbeds(campaign: Machines): boolean {
  const names = testbedsOf(campaign);
  return names.length > 1 || names[0] !== LOCAL_TESTBED;
}

/** The parameters of a group that are told once for it and others, which differ from it in `names`. */
export function common(campaign: Machines, group: Group, names: readonly (keyof Group)[] = []): (keyof Group)[] {
  const goesUnsaid = (name: keyof Group) =>
    name === 'testbed' ? !namesTestbeds(campaign) : isAsBefore(name, group[name]);
  return GROUP_KEYS.filter((name) => !names.includes(name) && !goesUnsaid(name));
}

/** A group's parameters in one line, those given. */
export function describeGroup(group: Group, names: readonly (keyof Group)[]): string {
  return names.map((name) => toldOf(name, group[name])).join(', ');
}

/** All parameters of a case that are told at all, but for switch and framework: the same whatever else its campaign has. */
export function describeAlone(testCase: TestCase): string {
  const group = groupOf(testCase);
  return describeGroup(group, common({ hosts: [{ testbed: testCase.testbed }] }, group));
}

/** `, remote, testbed lab`, to follow a title: the machine, and whether one or two hosts took part where that is not alike for all. Else empty. */
export function whereOf(campaign: Machines & { results: Results }, group: Group): string {
  const names: (keyof Group)[] = [
    ...(hasRemote(campaign.results) ? (['location'] as const) : []),
    ...(namesTestbeds(campaign) ? (['testbed'] as const) : []),
  ];
  return names.map((name) => `, ${toldOf(name, group[name])}`).join('');
}

type Results = readonly { case: TestCase }[];

/** Of each campaign once: it is asked for each of its cases. */
const remotes = new WeakMap<Results, boolean>();

function hasRemote(results: Results): boolean {
  const known = remotes.get(results) ?? results.some((one) => one.case.location === 'remote');
  remotes.set(results, known);
  return known;
}

/** A host and its end of the cable: `lab-2, reached as bench@lab-2 (far host of testbed lab), uplink enp3s0f0 (ixgbe, 10 Gbit/s)`. */
export function hostName({ testbed, role, name, uplink, inventory }: HostRecord): string {
  const called =
    name === inventory.hostname || name === LOCAL_TESTBED
      ? inventory.hostname
      : `${inventory.hostname}, reached as ${name}`;
  return `${called} (${role} host of testbed ${testbed})${uplink === null ? '' : `, uplink ${uplinkName(uplink, inventory.knobs[mtuSetting(uplink.interface)])}`}`;
}

function uplinkName(
  { interface: name, driver, lineRateBps }: NonNullable<HostRecord['uplink']>,
  mtu: string | undefined,
): string {
  const rate = lineRateBps === null ? 'line rate unknown' : `${Number((lineRateBps / 1e9).toPrecision(4))} Gbit/s`;
  // The usual one is no matter; one that is raised for jumbo frames is.
  const raised = mtu?.includes('raised') === true ? `, MTU ${mtu}` : '';
  return `${name} (${driver ?? 'no device'}, ${rate}${raised})`;
}

/** A part of the line rate, as `37 %`; never rounded up to all of it. */
export function percentOfLine(ratio: number): string {
  return `${Math.floor(100 * ratio)} %`;
}

/** A percentage in figures that mean something: `33`, `6.2`, `0.45`. */
export function percentDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 10 ? 0 : size >= 1 ? 1 : 2).replace(/^-(?=0(\.0*)?$)/, '');
}

/** A percentage with its sign: `+33 %`, `−6.2 %`. */
export function signedPercent(value: number): string {
  return `${signed(value)} %`;
}

function signed(value: number): string {
  const digits = percentDigits(value);
  return digits.startsWith('-') ? `−${digits.slice(1)}` : /^0(\.0*)?$/.test(digits) ? digits : `+${digits}`;
}

/** The probability of chance, two digits that mean something. */
export function probability(p: number): string {
  if (p < 0.0001) return '<0.0001';
  return p < 0.1 ? p.toPrecision(2) : p.toFixed(2);
}

/** `−33 % (−48 to −5.2 %, p = 0.009)`: a difference, its interval and its probability, the latter two corrected alike. */
export function effectWords({ effect, pCorrected }: Pick<Compared, 'effect' | 'pCorrected'>): string {
  const chance = `p ${pCorrected < 0.0001 ? '' : '= '}${probability(pCorrected)}`.replace('p <', 'p < ');
  if (effect === null) return `(${chance})`;
  const { percent, ciLow, ciHigh } = effect;
  const interval = ciLow === null || ciHigh === null ? '' : `${signed(ciLow)} to ${signedPercent(ciHigh)}, `;
  return `${signedPercent(percent)} (${interval}${chance})`;
}

/** The share of flows that lost a packet; empty where flows are not counted. */
export function flowsWithLoss({ evidence: { flows } }: Pick<CaseResult, 'evidence'>): string {
  return flows === null ? '' : percentLost(flows.withLoss / flows.count);
}

/** What went beside in fact, and how much of it was lost; empty where nothing did. */
export function backgroundOffered({ evidence: { background } }: Pick<CaseResult, 'evidence'>): string {
  if (background === null) return '';
  const loss = background.lossRatio ?? 0;
  const rate = withUnit(background.offeredPps, ppsScale([background.offeredPps]));
  return loss === 0 ? rate : `${rate}, ${percentLost(loss)} lost`;
}

/** The share of packets that went to everybody; empty where nobody looks. */
export function flooded({ evidence: { floodedRatio } }: Pick<CaseResult, 'evidence'>): string {
  return floodedRatio === null ? '' : percentLost(floodedRatio);
}

/** First letter upper case. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
