// SPDX-License-Identifier: Apache-2.0
// Which of a campaign's cases are points of a paper's figure.
import { type Campaign, parseCampaign } from '../model/campaign.ts';
import { type PaperLine, type PaperPanel, panelFile } from '../model/paper-panel.ts';
import { CELL_KEYS, type CellKey, defaultOf, type TestCase } from '../model/parameters.ts';
import type { Parsed } from '../model/units.ts';

/** Whether a case is a point of a line, at whatever place along its axis. The error is one line, of a panel that is no campaign. */
export function pointsOf(panel: PaperPanel): Parsed<(testCase: TestCase, line: PaperLine) => boolean> {
  const parsed = [false, true].map((quick) => parseCampaign(panelFile(panel, panel.lines, quick)));
  const refused = parsed.find((one) => !one.ok);
  if (refused?.ok === false) return { ok: false, error: `${panel.id}: ${refused.error}` };
  const campaigns = parsed.flatMap((one) => (one.ok ? [one.value] : []));
  return {
    ok: true,
    value: (testCase, line) =>
      isOnLine(testCase, line) && campaigns.some((campaign) => isOfSweep(testCase, campaign, panel.along)),
  };
}

function isOnLine(testCase: TestCase, { switch: id, io, port }: PaperLine): boolean {
  return testCase.switch === id && testCase.io === io && (port === undefined || testCase.port === port);
}

function isOfSweep(testCase: TestCase, campaign: Campaign, along: PaperPanel['along']): boolean {
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
