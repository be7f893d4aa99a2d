// SPDX-License-Identifier: Apache-2.0
import type { CampaignResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { ioName } from '../model/testcase.ts';
import {
  type ComparedCampaign,
  type ComparisonReport,
  renderComparison,
  toComparisonDocument,
} from '../report/comparison.ts';
import { comparisonMarkdown } from '../report/comparison-markdown.ts';
import { crossoverSummary } from '../report/crossover-words.ts';
import { comparisonSuite } from '../report/junit.ts';
import {
  type Comparison,
  compareCampaigns,
  compareSwitches,
  onTestbedOf,
  type Unlike,
  unlikeConditions,
  unlikeHosts,
} from '../stats/compare.ts';
import type { PathPair } from '../stats/crossings.ts';
import { type Choice, duels, isChosen } from '../stats/duel.ts';
import type { CompareOptions } from './commands/compare.ts';
import { CliError, EXIT } from './errors.ts';
import { refuseUnwritable, writeJunit } from './junit-file.ts';
import { loadFrom } from './load.ts';
import { terminalOf } from './terminal.ts';

export async function compare(a: string, b: string | undefined, options: CompareOptions): Promise<void> {
  const { junit } = options;
  const isMarkdown = options.format === 'markdown';
  if (isMarkdown && options.json === true) throw new CliError(EXIT.usage, 'give --json or --format markdown, not both');
  const forCi = isMarkdown ? '--format markdown' : junit === undefined ? null : '--junit';
  if (forCi !== null && options.switches !== undefined) {
    throw new CliError(EXIT.usage, `${forCi} is of two campaigns: leave out --switches`);
  }
  if (junit !== undefined) refuseUnwritable(junit);
  const report = await reportOf(a, b, options);
  if (junit !== undefined) writeJunit(junit, comparisonSuite(report));
  process.stdout.write(`${textOf(report, options)}\n`);
  if (report.comparison.compared === 0 && (report.duels ?? []).length === 0) process.exitCode = EXIT.nothingMeasurable;
}

function textOf(report: ComparisonReport, { json, format }: CompareOptions): string {
  if (json === true) return JSON.stringify(toComparisonDocument(report));
  if (format === 'markdown') return comparisonMarkdown(report);
  return renderComparison(report, terminalOf(process.stdout));
}

async function reportOf(a: string, b: string | undefined, options: CompareOptions): Promise<ComparisonReport> {
  if ((b === undefined) === (options.switches === undefined)) {
    throw new CliError(EXIT.usage, 'give two campaigns, or one with --switches a,b: see vswbench compare --help');
  }
  return b === undefined ? ofSwitches(a, options.switches ?? '') : ofCampaigns(a, b, options);
}

async function ofSwitches(place: string, list: string): Promise<ComparisonReport> {
  const [first, second, ...rest] = list.split(',').map((text) => text.trim());
  if (!first || !second || first === second || rest.length > 0) {
    throw new CliError(EXIT.usage, `--switches takes two different ids, as direct,linux-bridge; not '${list}'`);
  }
  const campaign = await loadFrom(place);
  const [a, b] = [choiceOf(first, campaign), choiceOf(second, campaign)];
  const sides = { a: { ...sideOf(campaign), switch: first }, b: { ...sideOf(campaign), switch: second } };
  const { results } = campaign;
  const named = a.io !== null || b.io !== null;
  // Case by case only what is otherwise alike, and not where the user has named what is not.
  const comparison = named ? NOTHING_ALIKE : compareSwitches(results, a.switch, b.switch);
  const frameworks = (choice: Choice) =>
    new Set(results.flatMap((one) => (isChosen(choice, one) && one.summary !== null ? [ioName(one.case)] : [])));
  // With one framework in common the table says it all.
  const isAlike = !named && new Set([...frameworks(a), ...frameworks(b)]).size === 1;
  const crossovers = crossoverSummary(campaign, (pair) => isBetween(pair, a, b));
  return { ...sides, comparison, duels: isAlike ? [] : duels(results, a, b), crossovers, machines: [], conditions: [] };
}

function isBetween({ a: [first], b: [second] }: PathPair, a: Choice, b: Choice): boolean {
  if (first === undefined || second === undefined) return false;
  return (isChosen(a, first) && isChosen(b, second)) || (isChosen(b, first) && isChosen(a, second));
}

const NOTHING_ALIKE: Comparison = { cases: [], compared: 0, family: 'group' };

/** `ovs`, or `ovs/dpdk` with its framework. Throws CliError where the campaign has no such case. */
function choiceOf(text: string, { id, results }: CampaignResult): Choice {
  const slash = text.indexOf('/');
  const choice = slash < 0 ? { switch: text, io: null } : { switch: text.slice(0, slash), io: text.slice(slash + 1) };
  if (results.some((one) => isChosen(choice, one))) return choice;
  const known = [...new Set(results.map((one) => one.case.switch))];
  if (!known.includes(choice.switch)) {
    throw new CliError(EXIT.usage, `campaign ${id} has no switch '${choice.switch}'; it has ${known.join(', ')}`);
  }
  const ios = results.filter((one) => one.case.switch === choice.switch).map((one) => ioName(one.case));
  throw new CliError(
    EXIT.usage,
    `campaign ${id} has no ${choice.switch} with '${choice.io}'; it has ${[...new Set(ios)].join(', ')}`,
  );
}

async function ofCampaigns(placeA: string, placeB: string, options: CompareOptions): Promise<ComparisonReport> {
  const [a, asMeasured] = [await loadFrom(placeA), await loadFrom(placeB)];
  const b = onTestbedOf(a, asMeasured);
  // With --as two campaigns of different stores may have one name.
  if (a.id === b.id && a.startedAt === b.startedAt)
    throw new CliError(EXIT.usage, `both are campaign ${a.id}: give two, or one with --switches a,b`);
  const machines = testbedsOf(a).flatMap((testbed) => unlikeHosts(a, b, testbed));
  const [first] = machines;
  if (first !== undefined && options.acrossMachines !== true) {
    throw new CliError(
      EXIT.usage,
      `the campaigns are of different machines (${first.what} '${first.a}' and '${first.b}'): ` +
        'to compare anyway, add --across-machines',
    );
  }
  const comparison = compareCampaigns(a.results, b.results);
  const conditions = [...(b === asMeasured ? [] : [testbedNames(a, asMeasured)]), ...unlikeConditions(a, b)];
  return { a: sideOf(a), b: sideOf(b), comparison, machines, conditions, hosts: a.hosts };
}

function testbedNames(a: CampaignResult, b: CampaignResult): Unlike {
  return { what: 'testbed', a: testbedsOf(a).join(', '), b: testbedsOf(b).join(', ') };
}

function sideOf({ id, title, startedAt }: CampaignResult): ComparedCampaign {
  return { campaign: id, title, startedAt };
}
