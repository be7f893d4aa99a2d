// SPDX-License-Identifier: Apache-2.0
// A case with its trials, and a trial with all that was recorded of it.
import { DECIDING } from '../model/deciding.ts';
import { isRepetition } from '../model/repetition.ts';
import type { Ledger, StoredCampaign, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { flagText } from '../report/flags.ts';
import {
  capital,
  caseName,
  common,
  decidingScale,
  describeGroup,
  grouped,
  ppsScale,
  withUnit,
} from '../report/format.ts';
import { ledgerRows, senderWords } from '../report/ledger-lines.ts';
import { caseRow } from '../report/tables/shared.ts';
import { FIGURE_COLUMNS } from '../report/tables/trials.ts';
import { isNamed, type TrialName } from '../report/trial.ts';
import { ratesOverTime } from '../stats/rates-over-time.ts';
import { type Store, WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { flagTexts } from './campaign.ts';
import type { CaseDocument, LedgerDocument, TrialDocument, TrialDot } from './documents.ts';

/** Null where the campaign has no such case. */
export function caseDocument(store: Store, campaign: StoredCampaign, index: number): CaseDocument | null {
  const planned = campaign.cases[index];
  if (planned === undefined) return null;
  const { case: testCase, skipped } = planned;
  const trials = [...store.trials(campaign.id, index, { samples: false, histograms: false })].map((trial) =>
    dotOf(testCase, trial),
  );
  return {
    campaign: campaign.id,
    index,
    ...namesOf(campaign, testCase),
    skipped,
    figure: capital(DECIDING[testCase.dimension].name),
    more: DECIDING[testCase.dimension].better === 'higher',
    trials,
    flags: flagTexts(trials.flatMap(({ flags }) => flags)),
  };
}

function namesOf(campaign: StoredCampaign, testCase: TestCase): { name: string; parameters: string } {
  return { name: caseName(testCase), parameters: describeGroup(testCase, common(campaign, testCase)) };
}

function dotOf(testCase: TestCase, trial: Trial): TrialDot {
  const { round, outcome, flags, measurement } = trial;
  const { dimension } = testCase;
  const value = measurement === null ? null : DECIDING[dimension].of(measurement);
  return {
    round: round + 1,
    repetition: isRepetition(trial),
    outcome: outcome.outcome,
    reason: reasonOf(trial),
    flags,
    figure: value === null ? null : { text: withUnit(value, decidingScale(dimension, value)), value },
  };
}

function reasonOf({ outcome }: Trial): string | null {
  return 'reason' in outcome ? outcome.reason : null;
}

/** Null where there is no such trial. */
export function trialDocument(store: Store, campaign: StoredCampaign, asked: TrialName): TrialDocument | null {
  const testCase = campaign.cases[asked.caseIndex]?.case;
  if (testCase === undefined) return null;
  for (const trial of store.trials(campaign.id, asked.caseIndex, WITHOUT_HISTOGRAMS)) {
    if (isNamed(trial, asked)) return toDocument(campaign, asked.caseIndex, testCase, trial);
  }
  return null;
}

function toDocument(campaign: StoredCampaign, index: number, testCase: TestCase, trial: Trial): TrialDocument {
  const { measurement } = trial;
  const row = { ...caseRow(campaign, index, testCase), trial };
  const course = ratesOverTime(measurement?.samples ?? []);
  const rates = course.flatMap(({ offeredPps, receivedPps }) => [offeredPps, receivedPps]);
  const most = Math.max(0, ...rates);
  return {
    campaign: campaign.id,
    index,
    name: `${caseName(testCase)}, ${describeGroup(testCase, common(campaign, testCase))}`,
    round: trial.round + 1,
    repetition: isRepetition(trial),
    startedAt: trial.startedAt,
    outcome: trial.outcome.outcome,
    reason: reasonOf(trial),
    flags: trial.flags.map((flag) => ({ flag, text: flagText(flag) })),
    disturbances: measurement?.noise.reasons ?? [],
    ledgers: ledgersOf(trial),
    course,
    scale: withUnit(most, ppsScale([most])),
    figures: FIGURE_COLUMNS.flatMap(({ name, unit, meaning, of }) => {
      const value = of(row) ?? '';
      return value === '' ? [] : [{ name, value: String(value), unit: unit ?? '', meaning }];
    }),
  };
}

function ledgersOf({ measurement }: Trial): LedgerDocument[] {
  if (measurement === null) return [];
  const own = measurement.ledgers;
  return [
    ...own.map((ledger) => ledgerOf(`Packets of pair ${ledger.pair}${senderWords(ledger, own)}`, ledger)),
    ...(measurement.background?.ledgers ?? []).map((ledger) =>
      ledgerOf(`Packets of the background, pair ${ledger.pair}`, ledger),
    ),
    ...(measurement.uplink === null
      ? []
      : [ledgerOf('The cable, all pairs together', { ...measurement.uplink, closes: true })]),
  ];
}

function ledgerOf(title: string, ledger: Pick<Ledger, 'hops' | 'drops' | 'closes'>): LedgerDocument {
  return {
    title,
    closes: ledger.closes,
    hops: ledgerRows(ledger).map(({ what, packets, isDrop }) => ({ what, packets: grouped(packets), drop: isDrop })),
  };
}
