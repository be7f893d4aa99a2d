// SPDX-License-Identifier: Apache-2.0
// A panel of a paper, drawn from a campaign of ours, or from several side by side: a line a switch, and a named gap for what could not be
// measured.
import { lookOf } from '../model/looks.ts';
import type { PaperLine, PaperPanel } from '../model/paper-panel.ts';
import { AXIS_KEYS, type AxisKey, axisOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { ioName } from '../model/testcase.ts';
import { intervalOf } from '../stats/claim-cases.ts';
import { pointsOf } from '../stats/panel-points.ts';
import { withoutMend } from './claim-words.ts';
import { claimedScale } from './claimed-scale.ts';
import { caption } from './figures/caption.ts';
import { type Figure, type Height, heightIn, type Point, type Series } from './figures/figure.ts';
import type { Scale } from './format.ts';

/** A line with the cases that are its points. */
interface DrawnLine {
  line: PaperLine;
  label: string;
  points: CaseResult[];
  /** Why points of it are not there. */
  gaps: string[];
}

/** Of several campaigns those are shown that have something of it, each in a panel of its own with the same axes. */
export function panelFigure(panel: PaperPanel, results: readonly CampaignResult[]): Figure {
  const all = results.map((result) => {
    const lines = panel.lines.map((line) => drawnLine(panel, line, result));
    return { result, lines, points: lines.flatMap((line) => line.points) };
  });
  const some = all.filter(({ points }) => points.length > 0);
  const shown = some.length > 0 ? some : all.slice(0, 1);
  const scale = scaleOf(
    panel,
    shown.flatMap(({ points }) => points),
  );
  return {
    id: panel.id,
    title: panel.title,
    caption: shown.map(({ result, points }) => caption(panel.title, result, points)).join(' '),
    kind: KINDS[panel.draws],
    ...axesOf(panel, scale),
    panels: shown.map(({ result, lines, points }) => ({
      title: results.length === 1 ? null : placeName(result, points),
      series: seriesOf(panel, lines, scale),
      gaps: lines.flatMap((line) => line.gaps.map(withoutMend)),
    })),
  };
}

/** Where a campaign was measured: its testbeds, and that a machine was emulated. */
function placeName(result: CampaignResult, points: readonly CaseResult[] = result.results): string {
  const emulated = points.some(({ flags }) => flags.includes('emulated')) ? ', emulated' : '';
  return `${testbedsOf(result).join(', ')}${emulated} (${result.id})`;
}

const KINDS = { lines: 'line', bars: 'bars', cost: 'cost' } as const satisfies Record<
  PaperPanel['draws'],
  Figure['kind']
>;

function drawnLine(panel: PaperPanel, line: PaperLine, { results }: CampaignResult): DrawnLine {
  const isPoint = pointsOf(panel);
  // An unpaced rate has no place on an axis of rates.
  const isPlaced = (one: CaseResult) => panel.along !== 'rate' || one.case.rate !== 'max';
  const own = isPoint.ok ? results.filter((one) => isPoint.value(one.case, line) && isPlaced(one)) : [];
  const points = own.filter((one) => intervalOf(one, panel.figure) !== null);
  const label = labelOf(panel, line);
  const untold = isPoint.ok ? 'no such case in this campaign' : isPoint.error;
  return {
    line,
    label,
    points: points.toSorted((a, b) => xOf(panel, a) - xOf(panel, b)),
    gaps: gapsOf(panel, label, own, untold),
  };
}

/** The switch, and the framework where that is what lines differ in. */
function labelOf({ lines }: PaperPanel, { switch: id, io }: PaperLine): string {
  return lines.filter((line) => line.switch === id).length === 1 ? id : `${id} ${io}`;
}

/** What a panel lacks, each with its whole reason and the mend; in the figure itself stands the first part of it. */
export function panelGaps(panel: PaperPanel, results: readonly CampaignResult[]): string[] {
  return results.flatMap((result) => {
    const gaps = panel.lines.flatMap((line) => drawnLine(panel, line, result).gaps);
    return results.length === 1 ? gaps : gaps.map((gap) => `${placeName(result)}: ${gap}`);
  });
}

/** One where a line has nothing; else one for each reason that points of it lack. */
function gapsOf(panel: PaperPanel, label: string, own: readonly CaseResult[], untold: string): string[] {
  const lacking = own.filter((one) => intervalOf(one, panel.figure) === null);
  if (own.length === 0) return [`${label}: ${untold}`];
  const reasons = Map.groupBy(lacking, (one) => one.reason ?? one.outcome);
  return [...reasons].map(([reason, those]) => {
    const where = those.length === own.length ? '' : ` at ${those.map((one) => one.case[panel.along]).join(', ')}`;
    return `${label}${where}: ${reason}`;
  });
}

function xOf({ along }: PaperPanel, { case: testCase }: CaseResult): number {
  const value = testCase[along];
  return typeof value === 'number' ? value : 0;
}

/** The published values count as well. */
function scaleOf({ figure, published = {} }: PaperPanel, points: readonly CaseResult[]): Scale {
  const measured = points.map((one) => one.summary?.throughputPps.median ?? 0);
  return claimedScale(figure, [...Object.values(published), ...measured]);
}

function axesOf({ draws, figure, along, xScale, yScale }: PaperPanel, { unit }: Scale): Pick<Figure, 'x' | 'y'> {
  const measured = { title: figure === 'round-trip' ? 'Median round trip' : 'Throughput', unit };
  if (draws === 'cost') {
    return { x: { ...measured, scale: xScale }, y: { title: 'CPUs', unit: null, scale: yScale } };
  }
  const title = isAxis(along) ? axisOf(along).title : along === 'io' ? 'framework' : along;
  const isRate = along === 'rate';
  return {
    x: { title: isRate ? 'sending rate' : title, unit: isRate ? 'Mpps' : null, scale: xScale },
    y: { ...measured, scale: yScale },
  };
}

function isAxis(key: PaperPanel['along']): key is AxisKey {
  return AXIS_KEYS.some((one) => one === key);
}

function seriesOf(panel: PaperPanel, lines: readonly DrawnLine[], scale: Scale): Series[] {
  switch (panel.draws) {
    case 'lines':
      return drawn(lines, (one) => ({ x: placeOf(panel, one), ...heightOf(panel.figure, one, scale) }));
    case 'cost':
      return drawn(lines, (one) => costOf(one, scale));
    case 'bars':
      return barsOf(panel, lines, scale);
    default:
      return panel.draws satisfies never;
  }
}

/** A rate in millions of packets/s, all else as it is. */
function placeOf(panel: PaperPanel, one: CaseResult): number {
  return panel.along === 'rate' ? xOf(panel, one) / 1e6 : xOf(panel, one);
}

function heightOf(figure: PaperPanel['figure'], one: CaseResult, { divisor }: Scale): Height {
  return heightIn(intervalOf(one, figure) ?? NO_INTERVAL, divisor);
}

/** Never drawn, as the points of a line have an interval. */
const NO_INTERVAL = { median: 0, ciLow: null, ciHigh: null };

/** CPU time per second, of applications and switch together; no interval of it is kept. */
function costOf({ summary }: CaseResult, { divisor }: Scale): Point {
  return { x: (summary?.throughputPps.median ?? 0) / divisor, y: summary?.cpu.total ?? 0, low: null, high: null };
}

function drawn(lines: readonly DrawnLine[], pointOf: (one: CaseResult) => Point): Series[] {
  return lines.flatMap(({ line, label, points }) => {
    const [first] = points;
    if (first === undefined) return [];
    const drawnPoints = points.map((one) => ({ ...pointOf(one), of: one }));
    return [{ label, look: lookOf(line.switch, ioName(first.case)), points: drawnPoints }];
  });
}

/** The grey of what is no switch. */
const PUBLISHED = lookOf('direct', 'udp');

/** A bar a line, by what its framework is called, each with the paper's below it. */
function barsOf({ figure, published = {} }: PaperPanel, lines: readonly DrawnLine[], scale: Scale): Series[] {
  return lines.flatMap(({ line, points }) => {
    const label = `${line.io}, here`;
    const measured = points.slice(0, 1).map((one): Series => {
      const look = lookOf(line.switch, ioName(one.case));
      const height = heightOf(figure, one, scale);
      return { label, look, points: [{ x: label, ...height, text: height.y.toFixed(scale.digits), of: one }] };
    });
    return [...measured, ...publishedBar(line, published, scale)];
  });
}

function publishedBar(
  { io }: PaperLine,
  published: Readonly<Record<string, number>>,
  { divisor, digits }: Scale,
): Series[] {
  const value = Object.hasOwn(published, io) ? published[io] : undefined;
  if (value === undefined) return [];
  const label = `${io}, as published`;
  const y = value / divisor;
  return [{ label, look: PUBLISHED, points: [{ x: label, y, low: null, high: null, text: y.toFixed(digits) }] }];
}
