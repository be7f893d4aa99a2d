// SPDX-License-Identifier: Apache-2.0
// The report: one HTML file that needs nothing beside it, neither a script nor a font nor the network.
import { type ComponentChild, h } from 'preact';
import type { Cpu } from '../model/inventory.ts';
import { DIMENSIONS } from '../model/parameter.ts';
import type { Placement } from '../model/placement.ts';
import type { CampaignResult } from '../model/result.ts';
import { farHostOf, type HostRecord, nearOf, testbedsOf } from '../model/testbed.ts';
import { advise, classOfCase } from '../stats/advice.ts';
import { sumLedgers } from '../stats/evidence.ts';
import type { Group } from '../stats/group.ts';
import { sumOf } from '../stats/sum.ts';
import { adviceSentences, readingOf } from './advice.ts';
import { conditionOf } from './advice-words.ts';
import { type Chart, capital } from './chart.ts';
import { table2Charts, throughputCharts } from './chart-bars.ts';
import { capacityCharts } from './chart-capacity.ts';
import { costCharts } from './chart-cost.ts';
import { hitCharts } from './chart-hits.ts';
import { latencyCharts, latencySweepCharts, sweepCharts } from './chart-lines.ts';
import { pathCharts } from './chart-paths.ts';
import { cpuCharts, spreadCharts } from './chart-rows.ts';
import { checkedWords } from './checked.ts';
import { cliffLines } from './cliff-words.ts';
import { reproduceCommand } from './command.ts';
import { crossoverSummary } from './crossover-words.ts';
import { doubts } from './doubts.ts';
import { flagMarks, flagText } from './flags.ts';
import {
  common,
  describeGroup,
  hostName,
  listed,
  namesTestbeds,
  spelledDuration,
  spelledWarmup,
  trialsOf,
  untilPrecise,
  varying,
  whereOf,
} from './format.ts';
import { drawFigure, htmlPage } from './html-page.ts';
import {
  costTable,
  ledgerTable,
  noiseTable,
  resultTables,
  sizeTable,
  switchFiguresTable,
  titleList,
  unmeasuredTable,
} from './html-tables.ts';
import { ledgerSentence } from './ledger-sentence.ts';
import { paper, publishedPps } from './paper.ts';
import { type DrawnHost, MAP_LEGEND, placementMap } from './placement-map.ts';
import { type Answer, answers } from './sentences.ts';
import { shownResult, WITH_FCS } from './shown.ts';
import { couldTune, tuningRows } from './tuning.ts';

/** The whole report of a campaign as one self-contained HTML document. Everything from the campaign is escaped. */
export async function renderHtml(stored: CampaignResult): Promise<string> {
  const result = shownResult(stored);
  const charts = async (list: readonly (Chart | null)[]) => {
    const present = list.flatMap((chart) => chart ?? []);
    // A single chart is what its section is about: the section's heading is its own.
    return Promise.all(present.map((chart) => drawFigure(chart, present.length > 1)));
  };
  const paperFigures = await charts(table2Charts(stored));
  const paths = await charts(pathCharts(result));
  const throughput = await charts([...throughputCharts(result), ...sweepCharts(result), ...hitCharts(result)]);
  const capacity = await charts(capacityCharts(result));
  const latency = await charts([...latencyCharts(result), ...latencySweepCharts(result)]);
  const spread = await charts(spreadCharts(result));
  const cpu = await charts([...cpuCharts(result), ...costCharts(result)]);
  const winners = new Set(answers(result).flatMap(({ winner }) => winner ?? []));
  const sections = [
    section('paper', 'The paper’s table 2, measured again', [
      ...paperFigures,
      ...(paperFigures.length > 0 ? [paperSource(stored)] : []),
    ]),
    section('choice', 'What to choose', [...paths, ...adviceList(result)]),
    section('throughput', 'Throughput', [stepList(result), ...throughput]),
    section('crossovers', 'Who overtakes whom', [crossoverList(result)]),
    section('capacity', 'Capacity', capacity),
    section('latency', 'Round-trip latency', latency),
    section('results', 'All results', [
      ...resultTables(result, winners),
      unmeasuredTable(result),
      flagList(result),
      h('h3', null, 'Names'),
      definitions(titleList(result)),
    ]),
    section('spread', 'Every round', spread),
    section('cpu', 'CPU use', [...cpu, costSection(result), switchFiguresTable(result)]),
    section('ledger', 'Where the packets went', [ledgerSection(result), sizeTable(result)]),
    section('doubts', 'What would make these figures wrong', doubtSection(result)),
    section('method', 'How it was measured', methodSection(result)),
    section('machine', result.hosts.length === 1 ? 'The machine' : 'The machines', machineSection(result)),
    section('again', 'Measure it again', againSection(result)),
  ].filter((one) => one !== null);
  return htmlPage(
    result.title,
    pageHeader(result, sections),
    h('main', null, ...sections.map(({ node }) => node)),
    pageFooter(result),
  );
}

interface Section {
  id: string;
  title: string;
  node: ComponentChild;
}

/** A section with a heading; null where it would be empty. */
function section(id: string, title: string, content: ComponentChild[]): Section | null {
  if (content.every((part) => part === null)) return null;
  return {
    id,
    title,
    node: h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...content),
  };
}

function pageHeader(result: CampaignResult, sections: readonly Section[]): ComponentChild {
  const named = namesTestbeds(result);
  const [first] = result.hosts;
  return h(
    'header',
    null,
    h('p', { class: 'over' }, 'vswbench report'),
    h('h1', null, result.title),
    h(
      'p',
      { class: 'meta' },
      [
        `${result.startedAt.replace('T', ' ').slice(0, 16)} UTC`,
        ...(named || first === undefined ? [] : [first.inventory.hostname, ...machineWords(first)]),
        `campaign ${result.id}`,
      ].join(' · '),
    ),
    ...(named
      ? result.hosts.map((host) => h('p', { class: 'meta' }, [hostName(host), ...machineWords(host)].join(' · ')))
      : []),
    answerList(result),
    h('nav', { 'aria-label': 'Contents' }, ...sections.map(({ id, title }) => h('a', { href: `#${id}` }, title))),
  );
}

function machineWords({ inventory }: HostRecord): string[] {
  return [`${inventory.cpuModel}, ${inventory.cpus.length} CPUs`, `Linux ${inventory.kernel}`];
}

/** The answers; groups of a dimension on a testbed that have the same one are told together. */
function answerList(result: CampaignResult): ComponentChild {
  const items = testbedsOf(result).flatMap((testbed) => answerItems(result, testbed));
  return h('ul', { class: 'answers' }, ...items);
}

function answerItems(result: CampaignResult, testbed: string): ComponentChild[] {
  const all = answers(result).filter(({ group }) => group.testbed === testbed);
  return DIMENSIONS.flatMap((dimension) => {
    const ofDimension = all.filter(({ group }) => group.dimension === dimension);
    const names = varying(ofDimension.map(({ group }) => group));
    const byHeadline = new Map<string, Answer[]>();
    for (const answer of ofDimension) {
      byHeadline.set(answer.headline, [...(byHeadline.get(answer.headline) ?? []), answer]);
    }
    return [...byHeadline.values()].map((same) => answerItem(result, same, names, ofDimension.length));
  });
}

/** So many sets of parameters are told one by one at once; more are behind a click. */
const ANSWERS_OPEN_MAX = 3;

function answerItem(result: CampaignResult, same: Answer[], names: (keyof Group)[], groups: number): ComponentChild {
  const [first] = same;
  if (first === undefined) return null;
  const won = first.winner === null ? '' : 'won';
  const headline = h('strong', null, first.headline);
  const machine = namesTestbeds(result) ? [`testbed ${first.group.testbed}`] : [];
  if (same.length === 1) {
    const where =
      groups === 1
        ? describeGroup(first.group, common(result, first.group))
        : [...machine, describeGroup(first.group, ['dimension', ...names])].join(', ');
    return h('li', { class: won }, h('span', { class: 'group' }, where), headline, h('p', null, first.detail));
  }
  const each = same.map(({ group, detail }) =>
    h('p', { class: 'each' }, h('span', { class: 'group' }, `${describeGroup(group, names)}: `), detail),
  );
  return h(
    'li',
    { class: won },
    h(
      'span',
      { class: 'group' },
      [...machine, `${first.group.dimension}, ${same.length} of ${groups} sets of parameters`].join(', '),
    ),
    headline,
    ...(each.length > ANSWERS_OPEN_MAX ? [h('details', null, h('summary', null, 'Each of them'), ...each)] : each),
  );
}

function paperSource(result: CampaignResult): ComponentChild {
  const missing = result.results.filter((one) => publishedPps(one.case) !== null && one.summary === null);
  const note = missing.length === 0 ? '' : ` Not measured here: ${listed(missing.map((one) => one.case.io))}.`;
  return h(
    'p',
    { class: 'soft' },
    `Published figures: ${paper.citation}, doi:${paper.doi}. Its machine: ${paper.machine}.${note}`,
  );
}

function flagList(result: CampaignResult): ComponentChild {
  const { everywhere, numbered } = flagMarks(result.results);
  if (everywhere.length + numbered.size === 0) return null;
  return h(
    'div',
    null,
    h('h3', null, 'Notes'),
    h(
      'dl',
      null,
      ...everywhere.flatMap((flag) => [h('dt', null, `all: ${flag}`), h('dd', null, flagText(flag))]),
      ...[...numbered].flatMap(([flag, mark]) => [h('dt', null, `${mark}: ${flag}`), h('dd', null, flagText(flag))]),
    ),
  );
}

/** Up to so many rows a table is shown at once; more are behind a click. */
const ROWS_OPEN_MAX = 12;

function costSection(result: CampaignResult): ComponentChild {
  const table = costTable(result);
  if (table === null) return null;
  return h(
    'details',
    { open: result.results.length <= ROWS_OPEN_MAX },
    h('summary', null, 'What a packet costs'),
    table,
  );
}

function ledgerSection(result: CampaignResult): ComponentChild {
  const table = ledgerTable(result);
  if (table === null) return null;
  const ledgers = sumLedgers(result.results.map(({ evidence }) => evidence.ledgers));
  return h(
    'div',
    null,
    h(
      'p',
      null,
      `${ledgerSentence(ledgers)} Applications count their own packets by sequence number, interfaces count them without knowing of it.`,
    ),
    h('details', { open: result.results.length <= ROWS_OPEN_MAX }, h('summary', null, 'Hop by hop'), table),
  );
}

/** Where throughput falls as flows are swept; null where they are not. */
function stepList(result: CampaignResult): ComponentChild {
  const lines = cliffLines(result);
  if (lines.length === 0) return null;
  return h('ul', null, ...lines.map(({ sentence }) => h('li', null, `${sentence}.`)));
}

/** The decision tree, as far as a result without its trials tells it; nothing where all frameworks ask the same of an application. */
function adviceList(result: CampaignResult): ComponentChild[] {
  if (new Set(result.results.map(classOfCase)).size < 2) return [null];
  const branches = advise(result, null);
  return [
    h('p', { class: 'soft' }, readingOf(result).join(' ')),
    h(
      'dl',
      null,
      ...branches.flatMap((branch) => [
        h('dt', null, conditionOf(branch)),
        h(
          'dd',
          null,
          h(
            'ul',
            null,
            ...adviceSentences(result, branches, branch).map((sentence) => h('li', null, `${capital(sentence)}.`)),
          ),
        ),
      ]),
    ),
    h('p', { class: 'soft' }, `CPU time a packet and p99.9: vswbench advise ${result.id}`),
  ];
}

/** Where one path overtakes another along packet size or burst; null where neither is swept. */
function crossoverList(result: CampaignResult): ComponentChild {
  const lines = crossoverSummary(result);
  if (lines.length === 0) return null;
  return h('ul', null, ...lines.map((sentence) => h('li', null, `${sentence}.`)));
}

function doubtSection(result: CampaignResult): ComponentChild[] {
  return [
    h(
      'p',
      { class: 'soft' },
      'Read these before quoting a figure. They come from what the machine recorded, case by case.',
    ),
    h(
      'ul',
      { class: 'doubts' },
      ...doubts(result).map(({ what, consequence }) => h('li', null, h('strong', null, `${what}. `), consequence)),
    ),
    h('details', null, h('summary', null, 'Evidence, case by case'), noiseTable(result)),
  ];
}

function methodSection(result: CampaignResult): ComponentChild[] {
  const sentences = [
    `Each pair of containers ran one traffic application at either end; they exchanged real Ethernet frames with IPv4 and UDP headers and sequence numbers.`,
    ...checkedWords(result),
    ...(result.fcs
      ? [
          `${WITH_FCS}, the 4 bytes at the end of each frame; whoever reads the store or its exports finds them without.`,
        ]
      : []),
    `A trial discarded ${spelledWarmup(result)} and measured ${spelledDuration(result.durationMs)}; then senders stopped first and receivers drained, so that totals are exact.`,
    `Trials ran in ${trialsOf(result)} rounds${untilPrecise(result)}, each visiting every switch once in a random order (seed ${result.seed}), so that drift of the machine is not mistaken for a difference.`,
    'Rates are differences of counters sampled inside the steady state, loss is the share of the packets sent in it that never arrived, and a trial whose packet ledger does not close is not used.',
    'Figures are medians over rounds with 95 % confidence intervals (order statistics, which assume no distribution, from six rounds on; Student’s t below). Whether two cases differ is not told by whether these overlap, but by rank tests on the rounds that they have in common: every two cases of the same parameters are compared, and the chance of even one false difference among them is at most 5 % (docs/decisions/0014-verdicts.md).',
  ];
  return [
    h('ol', { class: 'method' }, ...sentences.map((text) => h('li', null, text))),
    h('h3', null, 'Placement'),
    h('p', null, `Maps: ${MAP_LEGEND}.`),
    h('dl', null, ...placementRows(result)),
  ];
}

/** Where things ran: each placement once, with the cases that had it. */
function placementRows(result: CampaignResult): ComponentChild[] {
  const byText = new Map<string, { cases: Set<string>; map: string[] }>();
  for (const one of result.results) {
    for (const placement of one.evidence.placements) {
      const { far } = placement;
      const own = (cpus: readonly number[]) =>
        cpus.length === 0 ? 'no switch threads' : `switch on ${listed(cpus.map(String))}`;
      const rest = (cpus: readonly number[]) => `the rest on ${listed(cpus.map(String))}`;
      const pairs = placement.pairs.map(({ source, sink }, pair) =>
        far === null
          ? `pair ${pair} on CPUs ${source} and ${sink}`
          : `pair ${pair} on CPU ${source} (near) and ${sink} (far)`,
      );
      const text = [
        ...pairs,
        own(placement.switch),
        rest(placement.housekeeping),
        ...(far === null ? [] : [`far: ${own(far.switch)}, ${rest(far.housekeeping)}`]),
        `wait = ${one.case.wait}${whereOf(result, one.case)}`,
      ].join('; ');
      const known = byText.get(text) ?? { cases: new Set(), map: drawPlacement(result, one.case.testbed, placement) };
      known.cases.add(`${one.case.switch} ${one.case.pairs}vs${one.case.pairs}`);
      byText.set(text, known);
    }
  }
  return [...byText].flatMap(([text, { cases, map }]) => [
    h('dt', null, [...cases].join(', ')),
    h('dd', null, text, h('pre', { class: 'map' }, map.join('\n'))),
  ]);
}

/** Columns of a map on a page; more would have to be scrolled. */
const MAP_COLUMNS = 80;

function drawPlacement(result: CampaignResult, testbed: string, placement: Placement): string[] {
  const [near, far] = [nearOf(result, testbed), farHostOf(result, testbed)?.inventory];
  const draw = (cpus: readonly Cpu[], drawn: DrawnHost) => placementMap(cpus, placement, drawn, MAP_COLUMNS);
  if (placement.far === null || far === undefined) return draw(near.cpus, 'near');
  if (near.hostname === far.hostname) return draw(near.cpus, 'both');
  return ['near host', ...draw(near.cpus, 'near'), 'far host', ...draw(far.cpus, 'far')];
}

function machineSection({ hosts }: CampaignResult): ComponentChild[] {
  return hosts.flatMap((host) => [hosts.length === 1 ? null : h('h3', null, hostName(host)), ...hostRows(host)]);
}

function hostRows({ inventory, tuning }: HostRecord): ComponentChild[] {
  const rows: [string, string][] = [
    ['Host', inventory.hostname],
    ['CPU', `${inventory.cpuModel}, ${inventory.architecture}, microcode ${inventory.microcode ?? 'unknown'}`],
    ['CPUs online', String(inventory.cpus.length)],
    ['Memory', `${(inventory.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ['Operating system', inventory.os],
    ['Kernel', inventory.kernel],
    ['Virtualisation', inventory.virtualization ?? 'none found'],
    [
      'vswbench',
      `${inventory.vswbenchVersion}${inventory.vswbenchCommit === null ? '' : ` (${inventory.vswbenchCommit})`}`,
    ],
  ];
  const more: [string, string][] = [
    ['Recorded', inventory.recordedAt],
    ['Kernel command line', inventory.kernelCommandLine],
    ['Clock source', `${inventory.clocksource}, ${inventory.invariantTsc ? 'invariant' : 'not invariant'} TSC`],
    [
      'Error of one-way delays',
      inventory.clockErrorNs === null
        ? 'unknown'
        : `at most ${inventory.clockErrorNs} ns: so far may the counters of two CPUs be apart`,
    ],
    ['Load average', inventory.loadAverage.toFixed(2)],
    [
      'Topology',
      inventory.cpus
        .map(({ id, node, socket, core }) => `CPU ${id}: node ${node}, socket ${socket}, core ${core}`)
        .join('; '),
    ],
  ];
  return [
    definitions(rows),
    h(
      'details',
      null,
      h('summary', null, 'Everything that was recorded'),
      definitions(more),
      ...(tuning.length === 0 ? [] : [h('h3', null, 'Tuning'), definitions(tuningRows({ tuning }))]),
      h('h3', null, 'Kernel settings'),
      definitions(Object.entries(inventory.knobs)),
      h('h3', null, 'Mitigations'),
      definitions(Object.entries(inventory.mitigations)),
      h('h3', null, 'Versions'),
      definitions(Object.entries(inventory.versions)),
    ),
  ];
}

function definitions(rows: readonly (readonly [string, string])[]): ComponentChild {
  return h('dl', null, ...rows.flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}

function againSection(result: CampaignResult): ComponentChild[] {
  const { vswbenchVersion, vswbenchCommit } = nearOf(result);
  const commit = vswbenchCommit === null ? '' : `, commit ${vswbenchCommit}`;
  return [
    h(
      'p',
      null,
      `With vswbench ${vswbenchVersion}${commit}, this command runs the same cases in the same random order:`,
    ),
    h('pre', { tabIndex: 0 }, h('code', null, reproduceCommand(result))),
    ...(couldTune(result)
      ? [
          h('p', null, 'And this one with the machine tuned for as long as it takes:'),
          h('pre', { tabIndex: 0 }, h('code', null, reproduceCommand({ ...result, tune: ['all'] }))),
        ]
      : []),
    namesTestbeds(result)
      ? h('p', { class: 'soft' }, 'The testbeds have to be defined as they were: docs/testbeds.md says where.')
      : null,
  ];
}

function pageFooter(result: CampaignResult): ComponentChild {
  const trials = sumOf(result.results, ({ evidence }) => evidence.trials);
  const state =
    result.endedAt === null ? 'unfinished' : `finished ${result.endedAt.replace('T', ' ').slice(0, 16)} UTC`;
  return h(
    'footer',
    null,
    `${result.results.length} cases, ${trials} trials, ${state}. This file is complete in itself: it loads nothing and runs nothing.`,
  );
}
