// SPDX-License-Identifier: Apache-2.0
// A capacity card: one campaign after another for each of its pages, and what they found on a page.
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { CARD_PARTS, type Card, type CardPart, type CardSubject } from '../model/card.ts';
import type { CampaignResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { CARD_OWN, cardCampaign, cardCapacity, cardSubjects } from '../plan/card.ts';
import { cardPage, foundOf } from '../report/card.ts';
import { renderCard } from '../report/card-terminal.ts';
import type { Plan } from '../run/parts.ts';
import { newCampaignId, openStore, type Store } from '../store/store.ts';
import { campaignOf } from './campaign-file.ts';
import { campaignOptionsIn, overridesIn } from './campaign-options.ts';
import type { CardOptions } from './commands/card.ts';
import { giveToInvoker, resultsDirectory, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { withStore } from './load.ts';
import { measure } from './measure.ts';
import { saveMemory } from './memory.ts';
import { planNew, refuseNothing, whyNothing } from './plan.ts';
import { writePage } from './report.ts';
import { resultOf } from './results.ts';
import { planResumed } from './resume.ts';
import { refuseUnknown, type Session, withSession } from './session.ts';
import { storeLocation } from './store-location.ts';
import { loadDrivers } from './switch-file.ts';
import { terminalOf } from './terminal.ts';
import { findTestbed, onCpus } from './testbeds.ts';

/** Measures a card, goes on with one, or shows one that there is. Throws CliError. */
export async function card(id: string | undefined, options: CardOptions): Promise<void> {
  const known = id ?? (options.resume === undefined ? null : options.resume === true ? 'latest' : options.resume);
  if (known !== null) refuseOptions(options, 'a card is shown and resumed as it was begun');
  const earlier = known === null ? null : await withStore((store) => requireCard(store, known));
  if (earlier !== null && id !== undefined) {
    await withStore((store) => conclude(store, earlier, options));
    return;
  }
  await measureCard(earlier, options);
}

async function measureCard(earlier: Card | null, options: CardOptions): Promise<void> {
  const asked = earlier?.asked ?? askedIn(options);
  // Whoever resumes it may be in another folder.
  const driverFiles = earlier?.driverFiles ?? (options.switch ?? []).map((path) => resolve(path));
  const campaign = campaignOf(cardCapacity(asked));
  const loaded = await loadDrivers(driverFiles);
  refuseUnknown(campaign, loaded.drivers);
  if (campaign.testbeds.length > 1) {
    throw new CliError(EXIT.usage, 'a card is of one machine: give one --testbed, and a card for each');
  }
  const specs = campaign.testbeds.map((name) => onCpus(findTestbed(name, campaign), campaign, null));
  await withSession(
    { specs, loaded, switches: campaign.switches, lookOnly: false, command: 'vswbench card' },
    async (session) => {
      const plan = planNew(campaign, session.drivers, session.views);
      refuseNothing(plan);
      refuseSeveral(plan);
      saveMemory();
      const store = openStore(storeLocation());
      if (session.spare !== null) store.useSpare(session.spare);
      try {
        const begun = earlier ?? {
          id: `card-${newCampaignId(new Date(), randomInt(16 ** 3))}`,
          startedAt: new Date().toISOString(),
          ...{ asked, driverFiles, subjects: cardSubjects(plan.cases, campaign.ios !== null) },
        };
        await conclude(store, await measureParts(store, session, begun), options);
      } finally {
        store.close();
      }
    },
  );
}

/** Measures what is missing, page by page: each part is kept as soon as it begins. Throws CliError where it is stopped. */
async function measureParts(store: Store, session: Session, begun: Card): Promise<Card> {
  let card = begun;
  const keep = (index: number, part: CardPart, state: CardSubject['parts'][CardPart]) => {
    const subjects = card.subjects.map((one, at) =>
      at === index ? { ...one, parts: { ...one.parts, [part]: state } } : one,
    );
    card = { ...card, subjects };
    store.saveCard(card);
  };
  store.saveCard(card);
  tell(`Card ${card.id}: ${card.subjects.map(({ switch: id, io }) => `${id} with ${io}`).join(', ')}`);
  for (const [index, subject] of card.subjects.entries()) {
    for (const part of CARD_PARTS) {
      const planned = planPart(store, session, card, subjectAt(card, index), part);
      if (planned === null) continue;
      if ('skipped' in planned) {
        tell(`${subject.switch} with ${subject.io}: no ${part}: ${planned.skipped}`);
        keep(index, part, planned);
        continue;
      }
      keep(index, part, { campaign: planned.plan.campaign.id });
      const { id, interrupted } = await measure(store, planned.plan, session.machinery, planned.isNew);
      if (id !== null) keep(index, part, { campaign: id });
      if (interrupted) {
        throw new CliError(EXIT.interrupted, `stopped; go on with: vswbench card --resume ${card.id}`);
      }
    }
  }
  return card;
}

function subjectAt(card: Card, index: number): CardSubject {
  const subject = card.subjects[index];
  if (subject === undefined) throw new RangeError(`the card has no page ${index}`);
  return subject;
}

/** What is left of a part; null where that is nothing. */
function planPart(
  store: Store,
  { drivers, views }: Session,
  card: Card,
  subject: CardSubject,
  part: CardPart,
): { plan: Plan; isNew: boolean } | { skipped: string } | null {
  const state = subject.parts[part];
  if (state !== undefined && 'skipped' in state) return null;
  const stored = state === undefined ? null : store.begun(state.campaign);
  if (stored !== null) return stored.endedAt === null ? { plan: planResumed(stored, views), isNew: false } : null;
  const fields = cardCampaign(part, subject, card.asked, foundOf(resultsOf(store, subject, ['capacity'])));
  if ('skipped' in fields) return { skipped: fields.skipped };
  const plan = planNew(campaignOf(fields), drivers, views);
  const skipped = whyNothing(plan);
  return skipped === null ? { plan, isNew: true } : { skipped };
}

function resultsOf(
  store: Store,
  { parts }: CardSubject,
  wanted: readonly CardPart[] = CARD_PARTS,
): Partial<Record<CardPart, CampaignResult>> {
  return Object.fromEntries(
    wanted.flatMap((part) => {
      const state = parts[part];
      const result = state === undefined || 'skipped' in state ? null : resultOf(store, state.campaign);
      return result === null ? [] : [[part, result] as const];
    }),
  );
}

/** Shows what the campaigns found, on the terminal or as a document, and writes the page. */
async function conclude(store: Store, card: Card, { json = false }: CardOptions): Promise<void> {
  const pages = card.subjects.map((subject) => cardPage(subject, resultsOf(store, subject)));
  const text = renderCard(card, pages, terminalOf(json ? process.stderr : process.stdout));
  if (json) {
    process.stdout.write(`${JSON.stringify({ v: 1, card, pages: pages.map(({ facts }) => facts) })}\n`);
    tell(text);
  } else {
    process.stdout.write(`${text}\n`);
  }
  const { renderCardHtml } = await import('../report/card-html.ts');
  tell(`Card: ${writePage(resultsDirectory, card.id, await renderCardHtml(card, pages), 'card')}`);
  giveToInvoker(resultsDirectory);
  const failed = pages.some(({ facts }, index) =>
    facts.missing.some(({ part }) => 'campaign' in (card.subjects[index]?.parts[part] ?? {})),
  );
  if (failed) process.exitCode = EXIT.trialFailed;
}

/** Throws CliError where a page would have several values of a parameter. */
function refuseSeveral({ cases }: Plan): void {
  const several = [...Map.groupBy(cases, ({ case: one }) => `${one.switch} with ${one.io}/${one.port}`)].find(
    ([, those]) => those.length > 1,
  );
  if (several === undefined) return;
  const words = several[1].slice(0, 2).map((planned) => caseKey(planned.case));
  throw new CliError(
    EXIT.usage,
    `a card has one page for ${several[0]}: give one value of each parameter, not both of ${words.join(' and ')}`,
  );
}

function requireCard(store: Store, id: string): Card {
  const found = store.card(id);
  if (found !== null) return found;
  throw new CliError(EXIT.usage, id === 'latest' ? 'there is no card yet' : `there is no card '${id}'`);
}

function refuseOptions(options: CardOptions, why: string): void {
  const given = [...campaignOptionsIn(options), ...(options.switch === undefined ? [] : ['--switch'])];
  if (given.length > 0) throw new CliError(EXIT.usage, `${why}: leave out ${given.join(', ')}`);
}

/** What was asked for, where a card has no values of its own. Throws CliError. */
function askedIn(options: CardOptions): Record<string, string> {
  const asked = overridesIn(options);
  const own = CARD_OWN.filter((key) => asked[key] !== undefined);
  if (own.length > 0) {
    throw new CliError(EXIT.usage, `a card has its own ${own.join(', ')}: leave that out, or call 'vswbench run'`);
  }
  return asked;
}
