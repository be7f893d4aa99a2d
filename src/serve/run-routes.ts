// SPDX-License-Identifier: Apache-2.0
// Of a machine that measures itself: campaigns are started, stopped and resumed on it.
import { join } from 'node:path';
import { z } from 'zod';
import { CAMPAIGN_ID } from '../model/campaign-row.ts';
import { Complained } from './complained.ts';
import type { AboutDocument, StartedRun } from './documents.ts';
import type { Results } from './results.ts';
import { change, documentOf, type Route, read } from './route.ts';
import type { Runs } from './runs.ts';

/** A machine that measures itself. */
export interface Machine {
  kind: 'machine';
  runs: Runs;
  /** Throws where a file is no campaign, before anything is started. */
  checkCampaign(path: string): void;
}

export function runRoutes(machine: Machine, about: AboutDocument, results: Results): Route[] {
  const { runs } = machine;
  return [
    read('/api/runs', () => documentOf({ runs: runs.list() })),
    change('/api/runs', ({ body }) => documentOf(startOf(machine, about, body))),
    change('/api/runs/(\\d{1,9})/stop', ({ parts: [number] }) => documentOf(runs.stop(Number(number)))),
    change(`/api/campaigns/(${CAMPAIGN_ID})/resume`, ({ parts: [id = ''] }) => {
      const isThere =
        results
          .store()
          ?.list()
          .some((row) => row.id === id) === true;
      return isThere ? documentOf(runs.start(`campaign ${id}, resumed`, ['--resume', id])) : null;
    }),
  ];
}

/** One of the files that come with vswbench, by its name, or a campaign as text. */
const StartSchema = z.union([z.strictObject({ file: z.string() }), z.strictObject({ yaml: z.string() })]);

function startOf({ runs, checkCampaign }: Machine, about: AboutDocument, body: unknown): StartedRun {
  const asked = StartSchema.safeParse(body);
  if (!asked.success) throw new Complained(400, 'give {"file": NAME} or {"yaml": TEXT}');
  if ('yaml' in asked.data) return runs.startText(asked.data.yaml, checked(checkCampaign));
  const { file } = asked.data;
  if (!about.files.includes(file)) throw new Complained(404, `there is no ${file} among ${about.files.join(', ')}`);
  return runs.start(file, [join(about.campaigns, file)]);
}

/** What is wrong with the text is told without the path at which it lay for a moment. */
function checked(check: (path: string) => void): (path: string) => void {
  return (path) => {
    try {
      check(path);
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      throw new Complained(422, told.replaceAll(path, 'the campaign'));
    }
  };
}
