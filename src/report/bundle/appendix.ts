// SPDX-License-Identifier: Apache-2.0
// The artifact appendix, filled in as artifact evaluation committees ask for it: abstract, check-list, access, how to check, how to
// rerun, what to expect and how far it may vary.
import { BUNDLE, type BundleAbout } from '../../model/bundle.ts';
import type { CampaignResult, Interval } from '../../model/result.ts';
import type { HostRecord } from '../../model/testbed.ts';
import { decidingFigure } from '../../stats/verdict.ts';
import { reproduceCommand } from '../command.ts';
import { counted, grouped, hostName, listed, percentDigits, spelledDuration, spelledTrials } from '../format.ts';
import { answers } from '../sentences.ts';
import { clean } from '../text.ts';

const BYTES_PER_GIB = 2 ** 30;

/** The appendix as Markdown. */
export function appendixText(result: CampaignResult, about: BundleAbout): string {
  return [
    '# Artifact appendix',
    '',
    '## Abstract',
    '',
    ...abstractLines(result),
    '',
    '## Check-list',
    '',
    ...checklist(result, about).map(([name, text]) => `- **${name}:** ${text}`),
    '',
    '## How to check what is claimed',
    '',
    'No special hardware, no root: every number and verdict is derived anew from the raw trials, which takes seconds.',
    '',
    `    vswbench verify ${about.campaign}.zip`,
    '',
    `Without vswbench: \`sha256sum -c ${BUNDLE.manifest}\`, the tables in \`tables/\` and the database \`${BUNDLE.store}\` (SQLite; \`.schema\` explains it).`,
    '',
    '## How to rerun',
    '',
    'A random tenth of the cases on your machine, with what survives of the verdicts:',
    '',
    `    sudo vswbench verify ${about.campaign}.zip --rerun 10%`,
    '',
    'The whole campaign:',
    '',
    `    sudo ${reproduceCommand(result)}`,
    '',
    '## Expected results',
    '',
    ...expected(result),
    '',
    '## Expected variation',
    '',
    ...variation(result),
    '',
  ].join('\n');
}

function abstractLines(result: CampaignResult): string[] {
  const switches = [...new Set(result.results.map(({ case: { switch: id } }) => result.switchTitles[id] ?? id))];
  return [
    `${safe(result.title)}: ${listed(switches.map(safe))} between Linux containers, ${counted(result.results.length, 'case')}, ` +
      `each with ${spelledTrials(result)} of ${spelledDuration(result.durationMs)} in random order within each round. ` +
      'The bundle holds the raw trials, the tables, the report and the verdicts that follow from them.',
  ];
}

function checklist(result: CampaignResult, { license, madeBy }: BundleAbout): [string, string][] {
  const [first] = result.hosts;
  const minutes =
    result.endedAt === null ? null : Math.ceil((Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 60_000);
  return [
    [
      'Program',
      `vswbench ${first?.inventory.vswbenchVersion ?? ''}, commit ${first?.inventory.vswbenchCommit ?? 'unknown'}`,
    ],
    ['Compilation', first?.inventory.versions.compiler ?? 'a C compiler; vswbench setup installs one'],
    ...result.hosts.map((host): [string, string] => ['Hardware', hardwareOf(host)]),
    [
      'Run-time environment',
      listed([...new Set(result.hosts.map(({ inventory }) => `${inventory.os}, Linux ${inventory.kernel}`))]),
    ],
    [
      'Software',
      [
        ...new Set(
          result.hosts.flatMap(({ inventory }) =>
            Object.entries(inventory.versions).map(([name, version]) => `${name} ${version}`),
          ),
        ),
      ]
        .map(safe)
        .join('; '),
    ],
    ['Data set', `\`${BUNDLE.store}\`, SQLite`],
    ['Metrics', [...new Set(result.results.map((one) => one.case.dimension))].join(', ')],
    ['Output', `\`${BUNDLE.report}\`, \`${BUNDLE.document}\`, \`tables/*.csv\`, \`figures/*.svg\``],
    ['Time to check', 'seconds'],
    [
      'Time to rerun',
      minutes === null ? 'unknown: the campaign was cut short' : `${counted(minutes, 'minute')} when it was measured`,
    ],
    ['Needs root', 'to check no, to rerun yes'],
    ['Publicly available', 'where the authors have put this file'],
    ['License of the data', safe(license)],
    ['Bundle made by', `vswbench ${madeBy.vswbench}, Node.js ${madeBy.node}`],
  ];
}

function hardwareOf(host: HostRecord): string {
  const { cpuModel, cpus, memoryBytes, virtualization } = host.inventory;
  const memory = `${percentDigits(memoryBytes / BYTES_PER_GIB)} GiB`;
  return safe(
    `${hostName(host)}: ${cpuModel}, ${counted(cpus.length, 'CPU')}, ${memory}, ${virtualization ?? 'bare metal'}`,
  );
}

function expected(result: CampaignResult): string[] {
  const sentences = answers(result).map(({ sentence }) => `- ${safe(sentence)}`);
  return sentences.length === 0 ? ['Nothing was measured.'] : sentences;
}

function variation(result: CampaignResult): string[] {
  const widths = result.results.flatMap((one) => halfWidth(decidingFigure(one)));
  const [least, most] = [Math.min(...widths), Math.max(...widths)];
  const here =
    widths.length === 0
      ? 'No case has an interval: too few trials.'
      : `On the same machine each median lies within its 95 % interval, which is ± ${percentDigits(100 * least)} to ${percentDigits(100 * most)} % wide here (${grouped(widths.length)} cases).`;
  return [
    here,
    '',
    'On another machine figures differ with its CPU, kernel and mitigations; what ought to survive is who is faster than whom. `verify --rerun` says so pair by pair.',
  ];
}

function halfWidth(figure: Interval | null): number[] {
  if (figure === null || figure.ciLow === null || figure.ciHigh === null || figure.median === 0) return [];
  return [(figure.ciHigh - figure.ciLow) / 2 / figure.median];
}

/** Free text as text: what Markdown or HTML would take for its own is escaped. */
function safe(text: string): string {
  return clean(text).replace(/[\\`*_[\]<>#|]/g, (character) => `\\${character}`);
}
