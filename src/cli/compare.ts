// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { CampaignResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { type ComparisonReport, renderComparison, type Side, toComparisonDocument } from '../report/comparison.ts';
import { compareCampaigns, compareSwitches, unlikeConditions, unlikeHosts } from '../stats/compare.ts';
import { CliError, EXIT } from './errors.ts';
import { loadFrom } from './load.ts';
import { terminalOf } from './terminal.ts';

interface CompareOptions {
  switches?: string;
  acrossMachines?: boolean;
  json?: boolean;
}

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('faster, slower or no difference: two campaigns case by case, or two switches of one')
    .argument('<A>', 'campaign: an id, another results folder (its latest campaign), or FOLDER:ID')
    .argument('[B]', 'campaign that is compared with it')
    .option('--switches <a,b>', 'compare two switches within campaign A')
    .option('--across-machines', 'compare even where hostname, kernel, CPU or microcode differ')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExits with 3 where no case could be compared.' +
        '\n\nExample:\n  $ vswbench compare 20261125-2005-ab9 20261125-2102-f87' +
        '\n  $ vswbench compare 20261125-2005-ab9 --switches direct,linux-bridge',
    )
    .action(compare);
}

async function compare(a: string, b: string | undefined, options: CompareOptions): Promise<void> {
  const report = await reportOf(a, b, options);
  const text =
    options.json === true
      ? JSON.stringify(toComparisonDocument(report))
      : renderComparison(report, terminalOf(process.stdout));
  process.stdout.write(`${text}\n`);
  if (report.comparison.compared === 0) process.exitCode = EXIT.nothingMeasurable;
}

async function reportOf(a: string, b: string | undefined, options: CompareOptions): Promise<ComparisonReport> {
  if ((b === undefined) === (options.switches === undefined)) {
    throw new CliError(EXIT.usage, 'give two campaigns, or one with --switches a,b: see vswbench compare --help');
  }
  return b === undefined ? ofSwitches(a, options.switches ?? '') : ofCampaigns(a, b, options);
}

async function ofSwitches(place: string, list: string): Promise<ComparisonReport> {
  const [first, second, ...rest] = list.split(',').map((id) => id.trim());
  if (!first || !second || first === second || rest.length > 0) {
    throw new CliError(EXIT.usage, `--switches takes two different ids, as direct,linux-bridge; not '${list}'`);
  }
  const campaign = await loadFrom(place);
  const known = [...new Set(campaign.results.map((result) => result.case.switch))];
  const odd = [first, second].find((id) => !known.includes(id));
  if (odd !== undefined) {
    throw new CliError(EXIT.usage, `campaign ${campaign.id} has no switch '${odd}'; it has ${known.join(', ')}`);
  }
  return {
    a: { ...sideOf(campaign), switch: first },
    b: { ...sideOf(campaign), switch: second },
    comparison: compareSwitches(campaign.results, first, second),
    machines: [],
    conditions: [],
  };
}

async function ofCampaigns(placeA: string, placeB: string, options: CompareOptions): Promise<ComparisonReport> {
  const [a, b] = [await loadFrom(placeA), await loadFrom(placeB)];
  if (a.id === b.id) throw new CliError(EXIT.usage, `both are campaign ${a.id}: give two, or one with --switches a,b`);
  const machines = testbedsOf(a).flatMap((testbed) => unlikeHosts(a, b, testbed));
  const [first] = machines;
  if (first !== undefined && options.acrossMachines !== true) {
    throw new CliError(
      EXIT.usage,
      `the campaigns are of different machines (${first.what} '${first.a}' and '${first.b}'): ` +
        'compare them all the same with --across-machines',
    );
  }
  const comparison = compareCampaigns(a.results, b.results);
  return { a: sideOf(a), b: sideOf(b), comparison, machines, conditions: unlikeConditions(a, b) };
}

function sideOf({ id, title, startedAt }: CampaignResult): Side {
  return { campaign: id, title, startedAt };
}
