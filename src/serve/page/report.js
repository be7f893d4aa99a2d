// SPDX-License-Identifier: Apache-2.0
// Verdicts, figures and doubts of a campaign, as its report has them: of the cases that the filter leaves. A figure is explored by what reports
// bring along, which is loaded here when it is asked for.
import 'fflate';
import { h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { enliven } from '../../report/explore/explore.js';
import { Filters } from './filters.js';
import { useDocument, Waiting } from './loaded.js';
import { go, withQuery } from './place.js';

/** @typedef {import('../../report/parts.ts').ReportParts} ReportParts */
/** @typedef {import('../documents.ts').CampaignDocument} CampaignDocument */

/** @param {{ place: URL, campaign: CampaignDocument }} props */
export function ReportView({ place, campaign }) {
  const { id, choices, tables } = campaign;
  const query = new URLSearchParams(
    choices.flatMap(({ key }) => place.searchParams.getAll(key).map((one) => [key, one])),
  );
  const { document: parts, error } = useDocument(`/api/campaigns/${id}/parts?${query}`);
  const shown = /** @type {ReportParts | null} */ (parts);
  const all = tables.reduce((sum, { rows }) => sum + rows.length, 0);
  return [
    h(Filters, { place, choices, told: shown === null ? '' : `${shown.cases} of ${all} cases`, search: null }),
    shown === null ? h(Waiting, { error }) : h(Parts, { key: query.toString(), place, shown }),
  ];
}

/** @param {{ place: URL, shown: ReportParts }} props */
function Parts({ place, shown }) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const now = useRef(place);
  now.current = place;
  useEffect(() => {
    if (root.current === null) return;
    enliven(root.current, loadVega, (index) => go(withQuery(now.current, { case: String(index), trial: null })));
  }, [shown]);
  const html = [
    '<section aria-label="Verdicts"><h2>Verdicts</h2>',
    shown.answers,
    '</section>',
    ...shown.sections.map((section) => section.html),
  ].join('');
  return h('div', { class: 'report', ref: root, dangerouslySetInnerHTML: { __html: html } });
}

/** It is a script as browsers have always had them, which says what it has by a name of its own. */
async function loadVega() {
  // @ts-expect-error: it is made by the server.
  await import('./vega.js');
  return Reflect.get(globalThis, 'vega');
}
