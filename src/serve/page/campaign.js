// SPDX-License-Identifier: Apache-2.0
// A campaign: its cases, of which some are chosen by their parameters; a case with its trials; a trial with its ledger and samples. The address
// says which of all that is open.
import { h } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { post } from './api.js';
import { CasePanel } from './case.js';
import { SpanBar, scaleOf } from './drawings.js';
import { Filters, filterOf } from './filters.js';
import { LivePanel } from './live.js';
import { Complaint, Heading, useDocument, Waiting, when } from './loaded.js';
import { MeContext } from './me.js';
import { addressOf, Link, withQuery } from './place.js';
import { ReportView } from './report.js';
import { ResumeButton } from './start.js';
import { AgainButton } from './submit.js';
import { ColumnHeading, Pager, pageOf, ScrolledTable, SortHeading, sorted, TextCell } from './table.js';

/** @typedef {import('../documents.ts').CampaignDocument} CampaignDocument */
/** @typedef {import('../documents.ts').CaseTable} CaseTable */
/** @typedef {import('../documents.ts').CaseRow} CaseRow */

/** @param {{ place: URL, id: string, version: unknown }} props */
export function CampaignPage({ place, id, version }) {
  const me = useContext(MeContext);
  const { document, error } = useDocument(`/api/campaigns/${id}`, version);
  if (document === null) return [h(Heading, { of: id }, `Campaign ${id}`), h(Waiting, { error })];
  const campaign = /** @type {CampaignDocument} */ (document);
  const { tables } = campaign;
  const asked = place.searchParams.get('table');
  const isReport = place.searchParams.get('view') === 'report';
  const table = tables.find(({ dimension }) => dimension === asked) ?? tables[0];
  return [
    h(Heading, { of: id }, campaign.title),
    h(
      'p',
      { class: 'soft' },
      `${id} · ${when(campaign.startedAt)} · ${campaign.state}, ${campaign.trialsDone} of ${Math.max(campaign.trialsDone, campaign.trialsPlanned)} trials`,
    ),
    h(Links, { id }),
    h(
      'details',
      { class: 'about' },
      h('summary', null, 'How it was measured'),
      campaign.about.map((line) => h('p', { key: line }, line)),
    ),
    me.isLab ? h(AgainButton, { id }) : campaign.state === 'unfinished' ? h(ResumeButton, { id }) : null,
    h(LivePanel, { campaign: id }),
    place.searchParams.has('case') ? h(CasePanel, { place, id, version }) : null,
    h(
      'nav',
      { class: 'tabs', 'aria-label': 'What was measured' },
      tables.map(({ dimension, title, rows }) =>
        h(
          Link,
          {
            key: dimension,
            href: withQuery(place, { table: dimension, sort: null, page: null, view: null }),
            'aria-current': !isReport && dimension === table?.dimension ? 'page' : undefined,
          },
          `${title} (${rows.length})`,
        ),
      ),
      h(
        Link,
        {
          href: withQuery(place, { view: 'report', sort: null, page: null }),
          'aria-current': isReport ? 'page' : undefined,
        },
        'Verdicts and figures',
      ),
    ),
    isReport
      ? h(ReportView, { place, campaign })
      : table === undefined
        ? null
        : h(CasesTable, { place, campaign, table }),
  ];
}

/** @param {{ id: string }} props */
function Links({ id }) {
  const me = useContext(MeContext);
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const open = async () => {
    try {
      const told = /** @type {{ path: string }} */ (await post(`/api/campaigns/${id}/report`, {}));
      location.assign(addressOf(told.path));
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  };
  // Which of the two works depends on whether reading takes the token.
  return h(
    'p',
    null,
    me.user !== null
      ? h('button', { type: 'button', onClick: open }, 'Open the report')
      : h('a', { href: addressOf(`/campaigns/${id}/report`) }, 'Open the report'),
    ' · ',
    h(Link, { href: `/compare?a=${id}` }, 'Compare it with another'),
    error === null ? null : h(Complaint, { error }),
  );
}

/** @param {{ place: URL, campaign: CampaignDocument, table: CaseTable }} props */
function CasesTable({ place, campaign, table }) {
  const isWanted = filterOf(place, campaign.choices);
  const wanted = table.rows.filter((row) => isWanted(row.values, `${row.name} ${row.outcome} ${row.flags.join(' ')}`));
  const { rows, ...at } = pageOf(sorted(wanted, place), place);
  const scale = scaleOf(wanted.flatMap(({ span }) => span ?? []));
  return [
    h(Filters, {
      place,
      choices: campaign.choices,
      told: `${wanted.length} of ${table.rows.length} cases`,
      search: 'Search in names, outcomes and flags',
    }),
    h(ScrolledTable, {
      label: `${table.title}: cases`,
      kind: 'cases',
      caption: `Medians with 95 % intervals${scale.least === null ? '' : ', on a logarithmic scale'}. A case leads to its trials.`,
      head: [
        h(ColumnHeading, { title: 'Case' }),
        h(ColumnHeading, { title: 'Median and interval' }),
        table.columns.map((column, index) => h(SortHeading, { key: column.title, place, column, index })),
        h(ColumnHeading, { title: 'Flags' }),
      ],
      rows: rows.map((row) => h(Row, { key: row.index, place, row, table, scale })),
    }),
    h(Pager, { place, ...at }),
    h(Legend, { flags: campaign.flags, rows: wanted }),
  ];
}

/** @param {{ place: URL, row: CaseRow, table: CaseTable, scale: import('./drawings.js').BarScale }} props */
function Row({ place, row, table, scale }) {
  const isOpen = place.searchParams.get('case') === String(row.index);
  return h(
    'tr',
    { class: isOpen ? 'open' : undefined },
    h(
      'th',
      { scope: 'row' },
      h(
        Link,
        {
          href: withQuery(place, { case: String(row.index), trial: null }),
          'aria-current': isOpen ? 'page' : undefined,
        },
        row.name,
      ),
    ),
    h(
      'td',
      null,
      row.span === null
        ? h('span', { class: row.outcome === 'measured' ? 'soft' : 'bad' }, row.outcome)
        : h(SpanBar, { span: row.span, scale, look: row.look }),
    ),
    table.columns.map((column, index) =>
      h(TextCell, { key: column.title, column, cell: row.cells[index] ?? { text: '', order: null } }),
    ),
    h(
      'td',
      { class: 'flags' },
      row.flags.join(', '),
      row.reason === null ? null : h('span', { class: 'soft' }, ` ${row.reason}`),
    ),
  );
}

/** @param {{ flags: CampaignDocument['flags'], rows: readonly CaseRow[] }} props */
function Legend({ flags, rows }) {
  const present = Object.entries(flags).filter(([flag]) => rows.some((row) => row.flags.some((one) => one === flag)));
  if (present.length === 0) return null;
  return h(
    'details',
    null,
    h('summary', null, 'What the flags mean'),
    h(
      'dl',
      null,
      present.map(([flag, text]) => [h('dt', { key: flag }, flag), h('dd', { key: `${flag}.` }, text)]),
    ),
  );
}
