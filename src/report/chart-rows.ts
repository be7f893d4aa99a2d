// SPDX-License-Identifier: Apache-2.0
// Charts with a row for each case: the spread of its trials, and its CPU use.
import type { CampaignResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { groupCases } from '../stats/group.ts';
import { decidingFigure, ranked } from '../stats/verdict.ts';
import { type Chart, caseLabel, colorOf, rowNames, rowsHeight, ticksFor } from './chart.ts';
import { dotsOf } from './dots.ts';
import { type CpuRow, cpuRows } from './figures/cpu-figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { grouped, namesTestbeds, parameters, varying } from './format.ts';

/** Height of a row, pixels, and how many rows are still a picture. */
const ROW_STEP = 22;
const ROWS_MAX = 60;
const LABEL_PX = 11;

/** The rows of a chart, and what its caption has to say of those that are left out; empty where none is. */
interface Rows {
  rows: CpuRow[];
  note: string;
}

/** The measured cases of a testbed in the order of their groups, best first; where there are several groups the name tells which. */
function rowsOf(result: CampaignResult, testbed: string): Rows {
  const groups = groupCases(result.results.filter((one) => one.case.testbed === testbed)).filter(
    (caseGroup) => ranked(caseGroup).length > 0,
  );
  const names = varying(groups.map(({ group }) => group));
  const all = groups.flatMap((caseGroup) =>
    ranked(caseGroup).map((one) => {
      const where = Object.entries(parameters(caseGroup.group)).flatMap(([name, text]) =>
        names.some((varied) => varied === name) ? [text.replaceAll(/ = | B$/g, '')] : [],
      );
      return { one, name: [caseLabel(one), ...where].join(' ') };
    }),
  );
  return {
    rows: all.slice(0, ROWS_MAX),
    note: all.length > ROWS_MAX ? ` The first ${ROWS_MAX} of ${grouped(all.length)} cases; the tables have all.` : '',
  };
}

/** To follow the title of a chart of many groups. */
function onTestbed(result: CampaignResult, testbed: string): string {
  return namesTestbeds(result) ? `, testbed ${testbed}` : '';
}

/** To begin the caption of a chart of many groups. */
function captionOf(result: CampaignResult, testbed: string): string {
  return namesTestbeds(result) ? `Testbed ${testbed}. ` : '';
}

/** How far each trial lies from its case's median, percent: what the intervals are made of. A chart for each testbed where there is a spread to see. */
export function spreadCharts(result: CampaignResult): Chart[] {
  return testbedsOf(result).flatMap((testbed) => spreadChart(result, testbed) ?? []);
}

function spreadChart(result: CampaignResult, testbed: string): Chart | null {
  const shown = rowsOf(result, testbed);
  const drawn = dotsOf(shown.rows.map(({ one }) => one));
  const rows = shown.rows.flatMap(({ one, name }) => {
    const figure = decidingFigure(one);
    if (figure === null || figure.trials < 2 || figure.median === 0) return [];
    const percent = (value: number) => 100 * (value / figure.median - 1);
    const color = colorOf(one.case.switch);
    return [
      {
        name,
        dots: drawn.of(one).map((value) => ({ name, color, percent: percent(value) })),
        band: { name, low: percent(figure.ciLow ?? figure.median), high: percent(figure.ciHigh ?? figure.median) },
      },
    ];
  });
  if (rows.length === 0) return null;
  const layout = { names: rows.map(({ name }) => name), step: ROW_STEP, labelPx: LABEL_PX };
  const dots = rows.flatMap((row) => row.dots);
  const bands = rows.map((row) => row.band);
  // Bounds of two trials' intervals can lie far out: the axis follows the trials, and bands end at its edge.
  const reach = 1.15 * Math.max(0.5, ...dots.map(({ percent }) => Math.abs(percent)));
  const clipped = bands.map(({ name, low, high }) => ({
    name,
    low: Math.max(-reach, low),
    high: Math.min(reach, high),
  }));
  return {
    title: `Every round${onTestbed(result, testbed)}`,
    caption: `${captionOf(result, testbed)}Each dot is one round, with the trial that stands for it: its deviation from the median of its case, in percent. The band is the 95 % interval of the median, cut off at the edge of the chart.${drawn.note}${shown.note}`,
    legend: [],
    spec: (width) => ({
      width,
      height: rowsHeight({ ...layout, width }),
      autosize: { type: 'fit-x', contains: 'padding' },
      data: { values: dots },
      encoding: { y: rowNames('name', { ...layout, width }) },
      layer: [
        {
          data: { values: clipped },
          mark: { type: 'bar', height: 12, cornerRadius: 3, color: 'var(--band)' },
          encoding: {
            x: {
              field: 'low',
              type: 'quantitative',
              title: 'deviation from the median, %',
              scale: { domain: [-reach, reach], nice: false },
              axis: { tickCount: ticksFor(width) },
            },
            x2: { field: 'high' },
          },
        },
        {
          mark: { type: 'circle', size: 42, opacity: 0.9 },
          encoding: {
            x: { field: 'percent', type: 'quantitative' },
            color: { field: 'color', type: 'nominal', scale: null, legend: null },
          },
        },
      ],
    }),
  };
}

/** CPUs used by each case, by who used them; a chart for each testbed where something was measured. */
export function cpuCharts(result: CampaignResult): Chart[] {
  return testbedsOf(result).flatMap((testbed) => cpuChart(result, testbed) ?? []);
}

function cpuChart(result: CampaignResult, testbed: string): Chart | null {
  const { rows, note } = rowsOf(result, testbed);
  if (rows.length === 0) return null;
  const words = {
    id: 'cpu',
    title: `CPU use${onTestbed(result, testbed)}`,
    caption: `${captionOf(result, testbed)}Median CPUs over the steady state; 1.0 is one CPU fully used. A switch inside the kernel has hardly any threads of its own: its work is softirq time, which is part of the time of the application whose packet it was, mostly the sender’s; the table below says how much.${note}`,
  };
  return figureChart(cpuRows(rows, words));
}
