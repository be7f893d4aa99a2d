// SPDX-License-Identifier: Apache-2.0
// From a paper's figures to what is measured for them.
import type { CampaignFile } from '../model/campaign.ts';
import { type Paper, type PaperPanel, panelFile } from '../model/paper-panel.ts';

/** What all panels need, each sweep as a campaign's file: lines with the same framework and port are measured together. */
export function panelCampaigns(
  { asPublished, quick: quickly }: Paper,
  panels: readonly PaperPanel[],
  { quick, ...common }: { quick: boolean } & Pick<CampaignFile, 'title' | 'testbed'>,
): CampaignFile[] {
  return panels.flatMap((panel) =>
    [...Map.groupBy(panel.lines, ({ io, port }) => `${io} ${port ?? ''}`).values()].map((lines) => ({
      ...common,
      ...(quick ? quickly : asPublished),
      ...panelFile(panel, lines, quick),
    })),
  );
}
