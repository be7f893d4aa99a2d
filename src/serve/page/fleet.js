// SPDX-License-Identifier: Apache-2.0
// The testbeds of a lab: what each is doing, how it is, and who has it to themselves.
import { h } from 'preact';
import { useContext, useId, useState } from 'preact/hooks';
import { useAction } from './action.js';
import { post } from './api.js';
import { Choice, Field } from './field.js';
import { LabState } from './lab.js';
import { LiveContext } from './live.js';
import { Complaint, Heading, when } from './loaded.js';
import { MeContext, mayTakeBack, SignInHint } from './me.js';
import { instantOf } from './submit.js';
import { ColumnHeading, ScrolledTable } from './table.js';

/** @typedef {import('../lab.ts').LabDocument} LabDocument */
/** @typedef {import('../lab.ts').TestbedRow} TestbedRow */
/** @typedef {import('../lab.ts').ReservationRow} ReservationRow */

export function FleetPage() {
  const { lab } = useContext(LiveContext);
  const me = useContext(MeContext);
  return [
    h(Heading, { of: 'fleet' }, 'Fleet'),
    h(SignInHint, { what: 'reserve a testbed' }),
    h(LabState, {}),
    lab === null
      ? null
      : [
          lab.testbeds.length === 0
            ? h(
                'p',
                null,
                'No testbeds yet: ',
                h('code', null, 'vswbench worker --testbed NAME'),
                ' on its machine adds one.',
              )
            : h(Testbeds, { lab }),
          h(Reservations, { lab, me }),
          me.user === null || lab.testbeds.length === 0 ? null : h(ReserveForm, { lab }),
        ],
  ];
}

/** @param {{ lab: LabDocument }} props */
function Testbeds({ lab: { testbeds } }) {
  return h(ScrolledTable, {
    label: 'Testbeds',
    head: ['Testbed', 'Now', 'Health', 'Until', 'Machine', 'Heard of'].map((title) =>
      h(ColumnHeading, { key: title, title }),
    ),
    rows: testbeds.map((one) =>
      h(
        'tr',
        { key: one.name },
        h('th', { scope: 'row' }, one.name),
        h('td', { class: 'reason' }, one.doing),
        h('td', { class: 'reason' }, h(Health, { one })),
        h('td', { class: 'time' }, one.until === null ? '' : when(one.until)),
        h('td', { class: 'reason' }, one.machine),
        h('td', { class: 'time' }, when(one.seenAt), h('div', { class: 'soft' }, one.worker)),
      ),
    ),
  });
}

/** How a testbed is, and what to do where it is not well. @param {{ one: TestbedRow }} props */
function Health({ one: { health, isWell, ailment } }) {
  if (ailment === null) return health;
  const { what, mend, command } = ailment;
  return [
    h('div', { class: isWell ? undefined : 'bad' }, what),
    h('div', { class: 'soft' }, mend, command === null ? null : [': ', h('code', null, command)]),
  ];
}

/** @param {{ lab: LabDocument, me: import('./me.js').Me }} props */
function Reservations({ lab: { reservations }, me }) {
  const { error, act } = useAction();
  /** @param {number} id */
  const release = (id) => act(() => post(`/api/lab/reservations/${id}/cancel`, {}));
  return [
    h('h2', null, 'Reservations'),
    error === null ? null : h(Complaint, { error }),
    reservations.length === 0
      ? h('p', null, 'Nothing is reserved.')
      : h(ScrolledTable, {
          label: 'Reservations',
          head: [
            ['Testbed', 'User', 'From', 'Until', 'What for'].map((title) => h(ColumnHeading, { key: title, title })),
            h('td', null),
          ],
          rows: reservations.map((one) =>
            h(
              'tr',
              { key: one.id },
              h('th', { scope: 'row' }, one.testbed),
              h('td', null, one.user),
              h('td', { class: 'time' }, when(one.from)),
              h('td', { class: 'time' }, when(one.until)),
              h('td', { class: 'reason' }, one.why ?? ''),
              h(
                'td',
                null,
                mayTakeBack(me, one.user)
                  ? h(
                      'button',
                      {
                        ...{ type: 'button', 'aria-label': `Release ${one.testbed}, reservation ${one.id}` },
                        onClick: () => release(one.id),
                      },
                      'Release',
                    )
                  : null,
              ),
            ),
          ),
        }),
  ];
}

/** @param {{ lab: LabDocument }} props */
function ReserveForm({ lab: { testbeds } }) {
  const { error, isBusy, act } = useAction();
  const [made, setMade] = useState(/** @type {ReservationRow | null} */ (null));
  const [testbed, setTestbed] = useState(testbeds[0]?.name ?? '');
  const [duration, setDuration] = useState('2h');
  const [from, setFrom] = useState('');
  const [why, setWhy] = useState('');
  const heading = useId();
  const reserve = () =>
    act(async () => {
      setMade(null);
      const asked = { testbed, duration, why, from: from === '' ? null : instantOf(from) };
      setMade(/** @type {ReservationRow} */ (await post('/api/lab/reservations', asked)));
    });
  return h(
    'form',
    {
      ...{ class: 'panel', 'aria-labelledby': heading },
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void reserve();
      },
    },
    h('h2', { id: heading }, 'Reserve a testbed'),
    h(
      'p',
      { class: 'soft' },
      'Its worker ends the trial that is under way, gives its block back, and keeps off until it is over.',
    ),
    h(
      'div',
      { class: 'fields' },
      h(Choice, {
        ...{ label: 'Testbed', value: testbed, set: setTestbed },
        options: testbeds.map(({ name }) => /** @type {const} */ ([name, name])),
      }),
      h(Field, { label: 'For how long, as 90m, 2h or 1d', value: duration, set: setDuration, required: true }),
      h(Field, { label: 'From, in your time (empty: now)', type: 'datetime-local', value: from, set: setFrom }),
      h(Field, { label: 'What for', value: why, set: setWhy, maxLength: 200 }),
    ),
    h('button', { type: 'submit', disabled: isBusy }, 'Reserve'),
    h(
      'p',
      { role: 'status' },
      made === null ? '' : `${made.testbed} is yours from ${when(made.from)} until ${when(made.until)}.`,
    ),
    error === null ? null : h(Complaint, { error }),
  );
}
