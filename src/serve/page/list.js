// SPDX-License-Identifier: Apache-2.0
import { h } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { Filters, filterOf } from './filters.js';
import { LivePanel } from './live.js';
import { Heading, useDocument, Waiting, when } from './loaded.js';
import { MeContext } from './me.js';
import { go, Link } from './place.js';
import { Pager, pageOf, ScrolledTable, SortHeading, sorted } from './table.js';

/** @typedef {import('../documents.ts').CampaignsDocument} CampaignsDocument */
/** @typedef {import('../documents.ts').ListedCampaign} ListedCampaign */

/** @type {import('./table.js').Column[]} */
const COLUMNS = [
  { title: 'Campaign', align: 'left' },
  { title: 'Title', align: 'left' },
  { title: 'Started', align: 'left' },
  { title: 'Cases', align: 'right' },
  { title: 'Trials', align: 'right' },
  { title: 'State', align: 'left' },
];

/** @param {{ place: URL, version: unknown }} props */
export function ListPage({ place, version }) {
  const me = useContext(MeContext);
  const { document, error } = useDocument('/api/campaigns', version);
  const [chosen, setChosen] = useState(/** @type {string[]} */ ([]));
  if (document === null) return [h(Heading, { of: 'list' }, 'Campaigns'), h(Waiting, { error })];
  const { campaigns, choices } = /** @type {CampaignsDocument} */ (document);
  const isWanted = filterOf(place, choices);
  const wanted = campaigns
    .filter((one) => isWanted(one.values, `${one.id} ${one.title} ${one.state}`))
    .map((campaign) => ({ campaign, cells: cellsOf(campaign) }));
  const { rows, ...at } = pageOf(sorted(wanted, place), place);
  /** @param {string} id @param {boolean} isOn */
  const choose = (id, isOn) => setChosen(isOn ? [...chosen.slice(-1), id] : chosen.filter((one) => one !== id));
  return [
    h(Heading, { of: 'list' }, 'Campaigns'),
    h(LivePanel, { campaign: null }),
    h(Filters, {
      place,
      choices,
      told: `${wanted.length} of ${campaigns.length} campaigns`,
      search: 'Search in ids and titles',
    }),
    h(
      'p',
      null,
      h(
        'button',
        { type: 'button', disabled: chosen.length !== 2, onClick: () => go(`/compare?a=${chosen[0]}&b=${chosen[1]}`) },
        'Compare the two that are ticked',
      ),
    ),
    campaigns.length === 0
      ? h(
          'p',
          null,
          'Nothing has been measured yet: ',
          me.isLab
            ? h(Link, { href: '/submit' }, 'submit a campaign')
            : [h(Link, { href: '/start' }, 'start a campaign'), ', or ', h('code', null, 'sudo vswbench run')],
          '.',
        )
      : h(ScrolledTable, {
          label: 'Campaigns',
          head: [
            h('td', null),
            COLUMNS.map((column, index) => h(SortHeading, { key: column.title, place, column, index })),
          ],
          rows: rows.map(({ campaign, cells }) =>
            h(
              'tr',
              { key: campaign.id },
              h(
                'td',
                null,
                h('input', {
                  type: 'checkbox',
                  'aria-label': `Compare ${campaign.id}`,
                  checked: chosen.includes(campaign.id),
                  onChange: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
                    choose(campaign.id, currentTarget.checked),
                }),
              ),
              h('th', { scope: 'row' }, h(Link, { href: `/campaigns/${campaign.id}` }, campaign.id)),
              cells
                .slice(1)
                .map((cell, index) =>
                  h('td', { key: index, class: COLUMNS[index + 1]?.align === 'right' ? 'n' : undefined }, cell.text),
                ),
            ),
          ),
        }),
    h(Pager, { place, ...at }),
  ];
}

/** @param {ListedCampaign} campaign */
function cellsOf({ id, title, startedAt, cases, trialsDone, trialsPlanned, state }) {
  return [
    { text: id, order: id },
    { text: title, order: title },
    { text: when(startedAt), order: startedAt },
    { text: String(cases), order: cases },
    { text: `${trialsDone}/${Math.max(trialsDone, trialsPlanned)}`, order: trialsDone },
    { text: state, order: state },
  ];
}
