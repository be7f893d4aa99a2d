// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult, CaseResult, Ledger, UplinkLedger } from '../../model/result.ts';
import { bothSend, ioName } from '../../model/testcase.ts';
import { sumLedgers } from '../../stats/evidence.ts';
import { lossRatioOf } from '../../stats/sizes.ts';
import { caseColumn, tellingApart } from '../case-cells.ts';
import { dataTable } from '../data-table.ts';
import { describeGroup, grouped, percentLost, whereOf } from '../format.ts';
import { ledgerSentence } from '../ledger-sentence.ts';
import { bytesText } from '../sizes.ts';
import { foldedAway, type Page, ROWS_OPEN_MAX, type Section } from './section.ts';

export const ledgerSection: Section = {
  id: 'ledger',
  title: () => 'Where the packets went',
  content: (page) => [packetsByHop(page), sizeTable(page.result)],
};

function packetsByHop(page: Page): ComponentChild {
  const { result } = page;
  const table = ledgerTable(result);
  if (table === null) return null;
  const ledgers = sumLedgers(result.results.map(({ evidence }) => evidence.ledgers));
  return h(
    'div',
    null,
    h(
      'p',
      null,
      `${ledgerSentence(ledgers)} Applications count their own packets by sequence number, interfaces count them without knowing of it.`,
    ),
    foldedAway(page, 'Hop by hop', [table], { open: result.results.length <= ROWS_OPEN_MAX }),
  );
}

/** A ledger of a case: of a pair, or of the cable that all pairs share. */
interface LedgerRow {
  one: CaseResult;
  /** Of which of several, below the case's name. */
  whose: ComponentChild;
  ledger: Pick<Ledger, 'hops' | 'drops' | 'unplacedPackets'>;
  closes: ComponentChild;
}

/** The cable carries what others send as well, and then cannot close. */
function cableRow(one: CaseResult, ledger: UplinkLedger): LedgerRow {
  const { foreignPackets } = ledger;
  const foreign = foreignPackets === 0 ? '' : `, ${grouped(foreignPackets)} of them of others`;
  const cable = `the cable${one.case.pairs > 1 ? ' with all pairs' : ''}${foreign}`;
  return { one, whose: h('span', { class: 'io' }, cable), ledger, closes: '–' };
}

/** The ledgers of each case's last trial: every hop with its count, and each drop with its place; null where none ran. */
function ledgerTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one): LedgerRow[] => {
    if (one.evidence.last === null) return [];
    const { ledgers, uplink } = one.evidence.last;
    return [
      ...ledgers.map((ledger) => {
        const whose = [
          ...(one.case.pairs > 1 ? [`pair ${ledger.pair}`] : []),
          ...(bothSend(one.case) ? [`sent by the ${ledger.from}`] : []),
        ].map((words) => h('span', { class: 'io' }, words));
        return { one, whose, ledger, closes: ledger.closes ? 'yes' : h('strong', { class: 'bad' }, 'no') };
      }),
      ...(uplink === null ? [] : [cableRow(one, uplink)]),
    ];
  });
  if (rows.length === 0) return null;
  const names = tellingApart(result, ['packetSize', 'rate', 'burst']);
  return dataTable({
    caption:
      'Packets counted at each hop, in the last trial of each case (*: by an interface, which knows nothing of the application)',
    bodies: [rows],
    columns: [
      {
        title: 'Case',
        cell: ({ one, whose }) => [
          `${one.case.switch} · ${ioName(one.case)}`,
          h('span', { class: 'io' }, `${describeGroup(one.case, names)}${whereOf(result, one.case)}`),
          whose,
        ],
      },
      { title: 'Hops', cell: ({ ledger }) => hopList(ledger) },
      { title: 'Closes', cell: ({ closes }) => closes },
    ],
  });
}

/** A ledger as accountants write it: a line for each hop, what changed since the one above, and where that went. */
function hopList({ hops, drops, unplacedPackets }: LedgerRow['ledger']): ComponentChild {
  const line = (name: string, packets: string, change: string) =>
    h('li', null, h('span', null, name), h('span', { class: 'n' }, packets), h('span', { class: 'n bad' }, change));
  return h(
    'ol',
    { class: 'hops' },
    ...hops.map(({ hop, packets, source, superPackets, foreignPackets = 0 }, index) => {
      const change = packets - (hops[index - 1]?.packets ?? packets);
      const signed = change === 0 ? '' : `${change < 0 ? '−' : '+'}${grouped(Math.abs(change))}`;
      const name = superPackets === undefined ? hop : `${hop}, of ${grouped(superPackets)} super-packets`;
      const foreign = foreignPackets === 0 ? '' : `, and ${grouped(foreignPackets)} of others`;
      return line(`${name}${foreign}${source === 'counter' ? ' *' : ''}`, grouped(packets), signed);
    }),
    ...drops.map(({ where, packets }) => h('li', { class: 'drop' }, `${grouped(packets)} lost: ${where}`)),
    unplacedPackets === 0
      ? null
      : h(
          'li',
          { class: 'drop' },
          `${grouped(unplacedPackets)} more lost, nobody knows where: duplicates or packets of others came in instead`,
        ),
  );
}

/** What was lost of each size of a mix, all trials together; null where all packets of each case had one size. */
function sizeTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) => one.evidence.sizes.map((size) => ({ one, size })));
  if (rows.length === 0) return null;
  return dataTable<(typeof rows)[number]>({
    caption: 'Loss by size, all trials together',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Frames', number: true, cell: ({ size }) => bytesText(size, result.fcs) },
      { title: 'Sent', number: true, cell: ({ size }) => grouped(size.sentPackets) },
      { title: 'Lost', number: true, cell: ({ size }) => grouped(size.lostPackets) },
      { title: 'Loss', number: true, cell: ({ size }) => percentLost(lossRatioOf(size)) },
    ],
  });
}
