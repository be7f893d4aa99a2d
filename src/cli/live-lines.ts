// SPDX-License-Identifier: Apache-2.0
// What of a campaign's events those who look on are told.
import type { LiveLine } from '../model/live.ts';
import { isRepetition } from '../model/repetition.ts';
import { trialWords } from '../report/trial-words.ts';
import type { CampaignEvent } from '../run/campaign.ts';
import type { Progress } from './progress.ts';

/** Null for what is no news to them. */
export function liveLine(event: CampaignEvent, progress: Pick<Progress, 'nameOf'>): LiveLine | null {
  switch (event.event) {
    case 'trial-starting': {
      const { planned, testCase } = event;
      const { caseIndex, round } = planned;
      return {
        ...{ live: 'trial', testbed: testCase.testbed, caseIndex, name: progress.nameOf(event) },
        ...{ round: round + 1, repetition: isRepetition(planned) },
      };
    }
    case 'sampled':
      return { live: 'rates', testbed: event.testCase.testbed, rates: event.rates };
    case 'trial-ended': {
      const { testCase, trial } = event;
      const disturbances = trial.measurement?.noise.reasons ?? [];
      return {
        ...{ live: 'ended', testbed: testCase.testbed, outcome: trial.outcome.outcome },
        ...{ found: trialWords(trial), disturbances },
      };
    }
    default:
      return null;
  }
}
