// SPDX-License-Identifier: Apache-2.0
// A case with its trials, and the one of them that is open.
import { h } from 'preact';
import { Course, TrialDots } from './drawings.js';
import { Heading, useDocument, Waiting, when } from './loaded.js';
import { Link, withQuery } from './place.js';
import { ColumnHeading, ScrolledTable } from './table.js';

/** @typedef {import('../documents.ts').CaseDocument} CaseDocument */
/** @typedef {import('../documents.ts').TrialDocument} TrialDocument */
/** @typedef {import('../documents.ts').TrialDot} TrialDot */

/** How the address names a trial of a case. @param {TrialDot} trial */
export function trialName({ round, repetition }) {
  return `${round}${repetition ? '/repetition' : ''}`;
}

/** @param {{ place: URL, id: string, version: unknown }} props */
export function CasePanel({ place, id, version }) {
  const index = place.searchParams.get('case') ?? '';
  const { document, error } = useDocument(`/api/campaigns/${id}/cases/${encodeURIComponent(index)}`, version);
  const close = h(Link, { href: withQuery(place, { case: null, trial: null }), class: 'close' }, 'Close');
  if (document === null) return h('section', { class: 'panel', 'aria-label': 'Case' }, close, h(Waiting, { error }));
  const one = /** @type {CaseDocument} */ (document);
  const trial = place.searchParams.get('trial');
  return h(
    'section',
    { class: 'panel', 'aria-label': 'Case' },
    close,
    h(Heading, { level: 2, of: `${index}` }, one.name),
    h('p', { class: 'soft' }, one.parameters),
    one.skipped === null ? null : h('p', null, `Not run: ${one.skipped}.`),
    one.trials.length === 0
      ? h('p', null, 'No trial has ended yet.')
      : [
          h('p', null, `${one.figure} of each trial:`),
          h(TrialDots, { place, trials: one.trials, chosen: trial }),
          h(TrialsTable, { place, one, chosen: trial }),
        ],
    trial === null ? null : h(TrialPanel, { id, index, trial }),
  );
}

/** @param {{ place: URL, one: CaseDocument, chosen: string | null }} props */
function TrialsTable({ place, one, chosen }) {
  return h(ScrolledTable, {
    label: 'Trials',
    head: [
      h(ColumnHeading, { title: 'Trial' }),
      h(ColumnHeading, { title: one.figure, kind: 'n' }),
      h(ColumnHeading, { title: 'Outcome' }),
      h(ColumnHeading, { title: 'Flags' }),
    ],
    rows: one.trials.map((trial) => {
      const name = trialName(trial);
      const isOpen = name === chosen;
      return h(
        'tr',
        { key: name, class: isOpen ? 'open' : undefined },
        h(
          'th',
          { scope: 'row' },
          h(
            Link,
            { href: withQuery(place, { trial: name }), 'aria-current': isOpen ? 'page' : undefined },
            `Round ${trial.round}${trial.repetition ? ', repeated' : ''}`,
          ),
        ),
        h('td', { class: 'n' }, trial.figure?.text ?? '–'),
        h(
          'td',
          { class: trial.outcome === 'measured' ? undefined : 'bad' },
          trial.outcome,
          trial.reason === null ? null : `: ${trial.reason}`,
        ),
        h('td', null, trial.flags.join(', ')),
      );
    }),
  });
}

/** @param {{ id: string, index: string, trial: string }} props */
function TrialPanel({ id, index, trial }) {
  const { document, error } = useDocument(
    `/api/campaigns/${id}/trials/${encodeURIComponent(index)}/${trial.split('/').map(encodeURIComponent).join('/')}`,
  );
  if (document === null) return h(Waiting, { error });
  const one = /** @type {TrialDocument} */ (document);
  return h(
    'section',
    { class: 'trial', 'aria-label': 'Trial' },
    h(Heading, { level: 2, of: `${index}/${trial}` }, `Round ${one.round}${one.repetition ? ', repeated' : ''}`),
    h('p', { class: 'soft' }, `${when(one.startedAt)} · ${one.outcome}${one.reason === null ? '' : `: ${one.reason}`}`),
    one.disturbances.length === 0
      ? null
      : [
          h('p', null, 'Disturbed:'),
          h(
            'ul',
            null,
            one.disturbances.map((reason) => h('li', { key: reason }, reason)),
          ),
        ],
    one.flags.length === 0
      ? null
      : h(
          'dl',
          null,
          one.flags.map(({ flag, text }) => [h('dt', { key: flag }, flag), h('dd', { key: `${flag}.` }, text)]),
        ),
    one.course.length === 0 ? null : [h('h3', null, 'Course'), h(Course, { course: one.course, scale: one.scale })],
    one.ledgers.map(({ title, closes, hops }) => [
      h('h3', { key: title }, title, closes ? null : h('span', { class: 'bad' }, ': the ledger does not close')),
      h(
        'ol',
        { key: `${title}.`, class: 'hops' },
        hops.map(({ what, packets, drop }) =>
          h('li', { key: what, class: drop ? 'bad' : undefined }, h('span', null, what), h('b', null, packets)),
        ),
      ),
    ]),
    h(
      'details',
      null,
      h('summary', null, `All ${one.figures.length} figures`),
      h(ScrolledTable, {
        label: 'All figures',
        head: [
          h(ColumnHeading, { title: 'Figure' }),
          h(ColumnHeading, { title: 'Value', kind: 'n' }),
          h(ColumnHeading, { title: 'Unit' }),
          h(ColumnHeading, { title: 'Meaning' }),
        ],
        rows: one.figures.map(({ name, value, unit, meaning }) =>
          h(
            'tr',
            { key: name },
            h('th', { scope: 'row' }, name),
            h('td', { class: 'n' }, value),
            h('td', null, unit),
            h('td', { class: 'meaning' }, meaning),
          ),
        ),
      }),
    ),
  );
}
