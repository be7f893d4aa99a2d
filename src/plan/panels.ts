// SPDX-License-Identifier: Apache-2.0
// From a paper's figures to what is measured for them, and back: which of a campaign's cases are points of a figure.
import { type Campaign, type CampaignFile, parseCampaign } from '../model/campaign.ts';
import type { Panel, PanelLine, Paper } from '../model/panel.ts';
import { CELL_KEYS, type CellKey, defaultOf, type TestCase } from '../model/parameters.ts';
import type { Parsed } from '../model/units.ts';

/** What all panels need, each sweep as a campaign's file: lines with the same framework and port are measured together. */
export function panelCampaigns(
  { asPublished, quick: quickly }: Paper,
  panels: readonly Panel[],
  { quick, ...common }: { quick: boolean } & Pick<CampaignFile, 'title' | 'testbed'>,
): CampaignFile[] {
  const trials = quick ? quickly : asPublished;
  return panels.flatMap((panel) =>
    [...Map.groupBy(panel.lines, ({ io, port }) => `${io} ${port ?? ''}`).values()].map((lines) => ({
      ...common,
      ...trials,
      ...casesOf(panel, quick),
      ...sweepOfLines(lines),
    })),
  );
}

function casesOf(panel: Panel, quick: boolean): CampaignFile {
  return quick ? { ...panel.cases, ...panel.quick } : panel.cases;
}

function sweepOfLines(lines: readonly PanelLine[]): CampaignFile {
  const [first] = lines;
  return {
    switch: lines.map((line) => line.switch),
    ...(first === undefined ? {} : { io: first.io }),
    ...(first?.port === undefined ? {} : { port: first.port }),
  };
}

/** Whether a case is a point of a line, at whatever place along its axis. The error is one line, of a panel that is no campaign. */
export function pointsOf(panel: Panel): Parsed<(testCase: TestCase, line: PanelLine) => boolean> {
  const parsed = [panelFile(panel, false), panelFile(panel, true)].map(parseCampaign);
  const refused = parsed.find((one) => !one.ok);
  if (refused?.ok === false) return { ok: false, error: `${panel.id}: ${refused.error}` };
  const campaigns = parsed.flatMap((one) => (one.ok ? [one.value] : []));
  return {
    ok: true,
    value: (testCase, line) =>
      isOnLine(testCase, line) && campaigns.some((campaign) => isOfSweep(testCase, campaign, panel.along)),
  };
}

function panelFile(panel: Panel, quick: boolean): CampaignFile {
  return { ...casesOf(panel, quick), ...sweepOfLines(panel.lines.slice(0, 1)) };
}

function isOnLine(testCase: TestCase, { switch: id, io, port }: PanelLine): boolean {
  return testCase.switch === id && testCase.io === io && (port === undefined || testCase.port === port);
}

function isOfSweep(testCase: TestCase, campaign: Campaign, along: Panel['along']): boolean {
  const { dimension, location, pairs } = testCase;
  return (
    campaign.dimensions.includes(dimension) &&
    campaign.locations.includes(location) &&
    (along === 'pairs' || campaign.pairs.includes(pairs)) &&
    CELL_KEYS.every((key) => key === along || isOfList(key, testCase, campaign))
  );
}

function isOfList(key: CellKey, testCase: TestCase, { sweep, fcs }: Campaign): boolean {
  const values: readonly (string | number)[] = sweep[key] ?? [defaultOf(key, testCase.dimension, { fcs })];
  return values.includes(testCase[key]);
}
