// SPDX-License-Identifier: Apache-2.0
// What a lab has yet to measure: whose, how far it is, and why it waits.
import { h } from 'preact';
import { useContext } from 'preact/hooks';
import { useAction } from './action.js';
import { post } from './api.js';
import { LabState } from './lab.js';
import { LiveContext } from './live.js';
import { Complaint, Heading, when } from './loaded.js';
import { MeContext, mayTakeBack, SignInHint } from './me.js';
import { Link } from './place.js';
import { ColumnHeading, ScrolledTable } from './table.js';

/** @typedef {import('../lab.ts').LabDocument} LabDocument */
/** @typedef {import('../lab.ts').QueuedRow} QueuedRow */

export function QueuePage() {
  const { lab } = useContext(LiveContext);
  const me = useContext(MeContext);
  const { error, act } = useAction();
  /** @param {number} id */
  const cancel = (id) => act(() => post(`/api/lab/submissions/${id}/cancel`, {}));
  return [
    h(Heading, { of: 'queue' }, 'Queue'),
    h(SignInHint, { what: 'submit, and to cancel what is yours' }),
    h(LabState, {}),
    error === null ? null : h(Complaint, { error }),
    lab === null ? null : [h(Waiting, { lab, me, cancel }), h(Over, { lab }), h(Shares, { lab })],
  ];
}

/** @param {{ lab: LabDocument, me: import('./me.js').Me, cancel: (id: number) => void }} props */
function Waiting({ lab: { queue, more }, me, cancel }) {
  if (queue.length === 0)
    return h('p', null, 'Nothing waits: ', h(Link, { href: '/submit' }, 'submit a campaign'), '.');
  return [
    h(ScrolledTable, {
      label: 'What waits and what is measured',
      head: [
        h(ColumnHeading, { title: 'No.', kind: 'n' }),
        h(ColumnHeading, { title: 'Campaign' }),
        h(ColumnHeading, { title: 'State' }),
        h(ColumnHeading, { title: 'User' }),
        h(ColumnHeading, { title: 'Rounds' }),
        h(ColumnHeading, { title: 'Priority', kind: 'n' }),
        h(ColumnHeading, { title: 'Submitted' }),
        h('td', null),
      ],
      rows: queue.map((one) =>
        h(
          'tr',
          { key: one.id },
          h('td', { class: 'n' }, one.id),
          h(TitleCell, { title: one.title, campaign: one.campaign }),
          h('td', { class: 'reason' }, h(State, { one })),
          h('td', null, one.user),
          h('td', null, h(Rounds, { one })),
          h('td', { class: 'n' }, one.priority),
          h('td', { class: 'time' }, when(one.submittedAt)),
          h(
            'td',
            null,
            mayTakeBack(me, one.user)
              ? h(
                  'button',
                  { type: 'button', 'aria-label': `Cancel submission ${one.id}`, onClick: () => cancel(one.id) },
                  'Cancel',
                )
              : null,
          ),
        ),
      ),
    }),
    more === 0 ? null : h('p', { class: 'soft' }, `and ${more} more; vswbench queue shows them all`),
  ];
}

/** What was submitted, which leads to its campaign. @param {{ title: string, campaign: string | null }} props */
function TitleCell({ title, campaign }) {
  return h(
    'th',
    { scope: 'row', class: 'title' },
    campaign === null ? title : h(Link, { href: `/campaigns/${campaign}` }, title),
  );
}

/** @param {{ one: QueuedRow }} props */
function Rounds({ one: { id, roundsDone, rounds } }) {
  if (rounds === null) return h('span', { class: 'soft' }, 'not begun');
  const text = `${roundsDone} of ${rounds}`;
  return [
    h('span', null, text),
    h('progress', {
      ...{ class: 'short', max: Math.max(1, rounds), value: Math.min(roundsDone, rounds) },
      'aria-label': `Rounds done of submission ${id}`,
    }),
  ];
}

/** @param {{ one: QueuedRow }} props */
function State({ one: { on, waits, notBefore, testbedLike } }) {
  const asked = testbedLike === null ? null : h('div', { class: 'soft' }, `asks for ${testbedLike}`);
  if (on.length > 0) {
    return [
      on.map(({ testbed, rounds, until }) =>
        h('div', { key: testbed }, `on ${testbed}, ${rounds}${until === null ? '' : `, until about ${when(until)}`}`),
      ),
      asked,
    ];
  }
  const later = notBefore !== null && Date.parse(notBefore) > Date.now();
  return [
    h('div', null, later ? `not before ${when(notBefore)}` : 'waits'),
    waits.map(({ testbeds, text }) => h('div', { key: text, class: 'soft' }, `${testbeds}: ${text}`)),
    asked,
  ];
}

/** @param {{ lab: LabDocument }} props */
function Over({ lab: { over } }) {
  if (over.length === 0) return null;
  return [
    h('h2', null, 'Over'),
    h(ScrolledTable, {
      label: 'Submissions that are over, the latest first',
      head: [
        h(ColumnHeading, { title: 'No.', kind: 'n' }),
        h(ColumnHeading, { title: 'Campaign' }),
        h(ColumnHeading, { title: 'User' }),
        h(ColumnHeading, { title: 'How it ended' }),
      ],
      rows: over.map(({ id, title, user, state, reason, campaign }) =>
        h(
          'tr',
          { key: id },
          h('td', { class: 'n' }, id),
          h(TitleCell, { title, campaign }),
          h('td', null, user),
          h(
            'td',
            { class: state === 'failed' ? 'bad reason' : 'reason' },
            `${state}${reason === null ? '' : `: ${reason}`}`,
          ),
        ),
      ),
    }),
  ];
}

/** @param {{ lab: LabDocument }} props */
function Shares({ lab: { users } }) {
  if (users.length === 0) return null;
  return [
    h('h2', null, 'Shares'),
    h(ScrolledTable, {
      label: 'Shares of the lab',
      caption: 'Whoever has used least for each share is served next. Of time on testbeds half is forgotten each week.',
      head: [
        h(ColumnHeading, { title: 'User' }),
        h(ColumnHeading, { title: 'Shares', kind: 'n' }),
        h(ColumnHeading, { title: 'Used (h)', kind: 'n' }),
        h(ColumnHeading, { title: 'For each share (h)', kind: 'n' }),
      ],
      rows: users.map(({ user, shares, usedHours, usedHoursPerShare }) =>
        h(
          'tr',
          { key: user },
          h('th', { scope: 'row' }, user),
          h('td', { class: 'n' }, shares),
          h('td', { class: 'n' }, usedHours),
          h('td', { class: 'n' }, usedHoursPerShare),
        ),
      ),
    }),
  ];
}
