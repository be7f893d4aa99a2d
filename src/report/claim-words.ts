// SPDX-License-Identifier: Apache-2.0
// What a claim's outcome rests on, in a sentence, and as a document.
import type { Claim } from '../model/claim.ts';
import {
  CLAIM_OUTCOMES,
  type ClaimOutcome,
  type Finding,
  type Judgement,
  type Measure,
  type PlacedJudgement,
  type Side,
} from '../stats/claims.ts';
import { claimedScale } from './claimed-scale.ts';
import { counted, listed, withUnit } from './format.ts';
import { namingOf } from './naming.ts';

export const OUTCOME_WORDS: Readonly<Record<ClaimOutcome, string>> = {
  holds: 'holds',
  'does-not-hold': 'does not hold here',
  'cannot-be-decided': 'cannot be decided here',
};

/** So many findings are told; the document has all. */
const TOLD_MAX = 3;

/** `11 hold, 2 do not, 20 cannot be decided`. */
export function countWords(judgements: readonly Judgement[]): string {
  const count = (outcome: ClaimOutcome) => judgements.filter((one) => one.outcome === outcome).length;
  const [holds, not, undecided] = CLAIM_OUTCOMES.map(count);
  return `${counted(judgements.length, 'claim')}: ${holds} ${holds === 1 ? 'holds' : 'hold'}, ${not} ${not === 1 ? 'does' : 'do'} not, ${undecided} cannot be decided`;
}

/** Why: the findings that decide, or what keeps it from being decided. */
export function reasonWords(judgement: Judgement): string {
  const { claim, outcome, findings } = judgement;
  switch (outcome) {
    case 'holds':
      return `${findingsWords(judgement, findings)}${missingWords(judgement)}`;
    case 'does-not-hold':
      return `${findingsWords(
        judgement,
        findings.filter(({ says }) => says === 'against'),
      )}${missingWords(judgement)}`;
    case 'cannot-be-decided':
      return claim.kind === 'beyond' ? `it takes ${claim.needs}` : undecidedWords(judgement);
    default:
      return outcome satisfies never;
  }
}

function undecidedWords(judgement: Judgement): string {
  const silent = judgement.findings.filter(({ says }) => says === 'nothing');
  const missing = missingWords(judgement).replace(/^; /, '');
  if (silent.length === 0) return missing === '' ? 'this campaign has no such cases' : missing;
  return `${findingsWords(judgement, silent)}${missing === '' ? '' : `; ${missing}`}`;
}

/** The first part of a reason: `Snabb is not installed`. */
export function withoutMend(reason: string): string {
  return reason.split(/; | \(/)[0] ?? reason;
}

/** Empty where nothing is missing. */
function missingWords({ missing }: Judgement): string {
  if (missing.length === 0) return '';
  const reasons = Map.groupBy(new Map(missing.map((one) => [one.what, one])).values(), ({ why }) => withoutMend(why));
  return `; not here: ${[...reasons].map(([why, those]) => `${listed(those.map(({ what }) => what))} (${why})`).join(', ')}`;
}

function findingsWords({ claim, findings: all }: Judgement, findings: readonly Finding[]): string {
  const naming = namingOf(all.flatMap(({ sides }) => sides.map((side) => side.case)));
  const told = findings.slice(0, TOLD_MAX).map((finding) => findingWords(claim, finding, naming.nameOf));
  const more = findings.length > TOLD_MAX ? [`${findings.length - TOLD_MAX} more`] : [];
  return [...told, ...more].join('; ');
}

function findingWords(
  claim: Claim,
  { sides, measure, pCorrected, why }: Finding,
  nameOf: (one: Side['case']) => string,
): string {
  const named = sides.map((side) => `${nameOf(side.case)} ${valueWords(claim, side)}`).join(' – ');
  const told = [
    ...(measure === null ? [] : [measureWords(measure)]),
    ...(pCorrected === null
      ? []
      : [`p = ${pCorrected < 0.001 ? '<0.001' : pCorrected.toFixed(3)}`.replace('= <', '< ')]),
    ...(why === null ? [] : [why]),
  ];
  return told.length === 0 ? named : `${named} (${told.join(', ')})`;
}

function valueWords(claim: Claim, { figure, cpus }: Side): string {
  if (cpus !== null) return counted(cpus, 'CPU');
  if (figure === null || claim.kind === 'count' || claim.kind === 'beyond') return '';
  const scale = claimedScale(claim.figure, [figure.median]);
  const { ciLow, ciHigh } = figure;
  const bounds =
    claim.kind !== 'value' || ciLow === null || ciHigh === null
      ? ''
      : ` [${withUnit(ciLow, scale)}, ${withUnit(ciHigh, scale)}]`;
  return `${withUnit(figure.median, scale)}${bounds}`;
}

function measureWords({ unit, value, low, high }: Measure): string {
  const written = (one: number) => (unit === 'percent' ? one.toFixed(0) : one.toFixed(2));
  const name = unit === 'percent' ? `${written(value)} % of proportion` : `ratio ${written(value)}`;
  return low === null || high === null ? name : `${name}, ${written(low)} to ${written(high)}`;
}

/** What other programs read: `claims.json`. */
export function claimsDocument(paper: string, campaigns: readonly string[], placed: readonly PlacedJudgement[]) {
  return {
    v: 1,
    ...{ paper, campaign: campaigns[0] ?? null, campaigns },
    counts: Object.fromEntries(
      CLAIM_OUTCOMES.map((outcome) => [
        outcome,
        placed.filter(({ judgement }) => judgement.outcome === outcome).length,
      ]),
    ),
    claims: placed.map(({ judgement, place }) => ({
      ...{
        id: judgement.claim.id,
        says: judgement.claim.says,
        from: judgement.claim.from,
        note: judgement.claim.note ?? null,
      },
      campaign: campaigns[place] ?? null,
      ...{ kind: judgement.claim.kind, outcome: judgement.outcome, reason: reasonWords(judgement) },
      ...{ present: judgement.present, missing: judgement.missing, flags: flagsOf(judgement) },
      findings: judgement.findings,
    })),
  };
}

/** Marks that a reader has to know, of all cases that took part. */
export function flagsOf({ findings }: Judgement): string[] {
  return [...new Set(findings.flatMap(({ sides }) => sides.flatMap((side) => side.flags)))].sort();
}
