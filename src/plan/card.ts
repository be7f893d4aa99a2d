// SPDX-License-Identifier: Apache-2.0
// What a card measures: the campaign of each of its parts.
import type { CampaignFile } from '../model/campaign.ts';
import { type CardFound, type CardPart, type CardSubject, cardRates } from '../model/card.ts';
import type { PlannedCase } from '../model/result.ts';

/** The framework that shows most of a switch, where it serves several and none was asked for: the first of these that it has. */
const PREFERRED = ['dpdk', 'netmap', 'raw-mmsg', 'raw', 'udp-mmsg', 'udp'];

/** The pages of a card: each switch with the framework that shows most of it, or with all that were asked for. */
export function cardSubjects(cases: readonly PlannedCase[], namesFrameworks: boolean): CardSubject[] {
  const able = cases.filter(({ skipped }) => skipped === null).map((planned) => planned.case);
  const rank = (io: string) => (PREFERRED.includes(io) ? PREFERRED.indexOf(io) : PREFERRED.length);
  return [...Map.groupBy(able, (one) => one.switch).values()].flatMap((those) => {
    const sorted = those.toSorted((a, b) => rank(a.io) - rank(b.io));
    const chosen = namesFrameworks ? sorted : sorted.slice(0, 1);
    return chosen.map((one) => ({ switch: one.switch, io: one.io, port: one.port, parts: {} }));
  });
}

/** The keys of campaign files that parts have values of their own for. */
export const CARD_OWN = [
  ...(['dimension', 'rate', 'burst', 'pairs', 'flows', 'background', 'arrivals', 'macs'] as const),
  ...(['idleMs', 'announceRatePps', 'direction', 'title', 'precision', 'maxTrials'] as const),
] as const satisfies (keyof CampaignFile)[];

/** What loses nothing, and half a percent at most, stand on every card, whatever else is asked for. */
const OBJECTIVES = ['loss=0', 'loss=0.5%'];

/** So that a switch that never settles does not keep the others waiting. */
const BUDGET = '2m';

/** Steps are told by three rounds of six numbers of flows or more. */
const OF_FLOWS = { trials: '3', duration: '1s' };

/** Round trips a second, so that 2.2 s have the ten thousand that p99.9 needs. */
const PROBE_PPS = 5000;

/** Pairs that share a switch where fairness is looked at. */
const FAIR_PAIRS = '4vs4';

/** A container comes and goes so many times, and once less. */
const OF_CHURN = { trials: '1', duration: '6s' };

/** What the other parts have no use for. */
const OF_SEARCHES = ['objective', 'width', 'durationSum', 'budget'];

const USUAL = { trials: '1', repeat: 'none', warmup: '200ms', duration: '2s' };

/** The first part of all that was asked for, whatever the machine can do of it. */
export function cardCapacity(asked: Readonly<Record<string, string>>): CampaignFile {
  const { objective, budget = BUDGET, ...rest } = asked;
  const objectives = [...new Set([...OBJECTIVES, ...(objective?.split(',') ?? [])])].join(',');
  return { ...USUAL, warmup: '100ms', duration: '1s', ...rest, budget, objective: objectives, dimension: 'capacity' };
}

/** The campaign of a part, by the keys of campaign files: `asked` goes before what is usual, and after what makes the part. */
export function cardCampaign(
  part: CardPart,
  subject: CardSubject,
  asked: Readonly<Record<string, string>>,
  { ndrPps, pdrPps }: CardFound,
): CampaignFile | { skipped: string } {
  const { switch: id, io, port } = subject;
  const own = { switch: id, io, port, title: `Card of ${id} with ${io}: ${part}` };
  const rest = Object.fromEntries(Object.entries(asked).filter(([key]) => !OF_SEARCHES.includes(key)));
  const rates = pdrPps === null ? [] : cardRates(pdrPps);
  switch (part) {
    case 'capacity':
      return { ...cardCapacity(asked), ...own };
    case 'load':
      if (rates.length === 0) return NO_PDR;
      return { ...USUAL, ...rest, ...own, dimension: 'throughput', rate: rates.join(',') };
    case 'delay':
      if (rates.length === 0) return NO_PDR;
      return {
        ...{ ...USUAL, duration: '2200ms', ...rest, ...own, dimension: 'latency' },
        rate: String(Math.min(PROBE_PPS, rates[0] ?? PROBE_PPS)),
        background: ['none', ...rates].join(','),
      };
    case 'burst':
      return { ...USUAL, duration: '1s', ...rest, ...own, dimension: 'burst' };
    case 'flows':
      return { ...USUAL, ...OF_FLOWS, ...rest, ...own, dimension: 'throughput', flows: '1..1M/x10' };
    case 'fairness':
      return { ...USUAL, ...rest, ...own, dimension: 'throughput', pairs: FAIR_PAIRS };
    case 'churn':
      if (ndrPps === null) return NO_NDR;
      return {
        ...USUAL,
        ...rest,
        ...OF_CHURN,
        ...own,
        dimension: 'churn',
        rate: String(Math.max(1, Math.round(ndrPps / 2))),
      };
    default:
      return part satisfies never;
  }
}

const NO_NDR = { skipped: 'no rate was found that loses nothing' };
const NO_PDR = { skipped: 'no rate was found that loses half a percent at most' };
