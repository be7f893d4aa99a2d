// SPDX-License-Identifier: Apache-2.0
// A campaign is given to a lab: as text, from a file, one that comes with vswbench, or once more what was measured before.
import { h } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { useAction } from './action.js';
import { post } from './api.js';
import { CampaignText, Choice, Field } from './field.js';
import { Complaint, Heading, useDocument } from './loaded.js';
import { MeContext, SignInHint } from './me.js';
import { go, Link } from './place.js';

/** @typedef {import('../documents.ts').AboutDocument} AboutDocument */

/** A time that somebody has chosen in their own zone, to the second. @param {string} local */
export function instantOf(local) {
  return new Date(local).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** What a choice of no file is called. */
const OWN = '';

export function SubmitPage() {
  const me = useContext(MeContext);
  const about = useDocument('/api/about');
  const { files } = /** @type {AboutDocument | null} */ (about.document) ?? { files: [] };
  const [file, setFile] = useState(OWN);
  const [yaml, setYaml] = useState('');
  const [testbedLike, setTestbedLike] = useState('');
  const [priority, setPriority] = useState('0');
  const [at, setAt] = useState('');
  const [isTonight, setTonight] = useState(false);
  const [id, setId] = useState(/** @type {number | null} */ (null));
  const { error, isBusy, act } = useAction();
  const submit = () =>
    act(async () => {
      setId(null);
      const what = file === OWN ? { yaml } : { file };
      const begin = isTonight ? 'night' : at === '' ? null : instantOf(at);
      const asked = { what, testbedLike, priority: Number(priority), at: begin };
      setId(/** @type {{ id: number }} */ (await post('/api/lab/submissions', asked)).id);
    });
  /** @param {HTMLInputElement} input */
  const take = (input) =>
    act(async () => {
      setYaml((await input.files?.[0]?.text()) ?? '');
      setFile(OWN);
    });
  return [
    h(Heading, { of: 'submit' }, 'Submit a campaign'),
    h(SignInHint, { what: 'submit' }),
    h(
      'form',
      {
        onSubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void submit();
        },
      },
      h(Choice, {
        ...{ label: 'Campaign', value: file, set: setFile },
        options: [[OWN, 'one of your own, below'], ...files.map((name) => /** @type {const} */ ([name, name]))],
      }),
      file !== OWN
        ? null
        : [
            h(
              'label',
              { class: 'field' },
              h('span', null, 'From a file'),
              h('input', {
                ...{ type: 'file', accept: '.yaml,.yml' },
                onChange: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
                  void take(currentTarget),
              }),
            ),
            h(CampaignText, { label: 'Or as text (YAML, as in campaigns/)', yaml, set: setYaml }),
          ],
      h(
        'div',
        { class: 'fields' },
        h(Field, {
          ...{ label: 'What the testbed must be, as sriov,cpus>=8', maxLength: 500 },
          ...{ value: testbedLike, set: setTestbedLike },
        }),
        h(Field, {
          ...{ label: 'Priority among your own', type: 'number', min: -1000, max: 1000, required: true },
          ...{ value: priority, set: setPriority },
        }),
        h(Field, {
          ...{ label: 'Not before, in your time', type: 'datetime-local', disabled: isTonight },
          ...{ value: at, set: setAt },
        }),
      ),
      h(
        'p',
        null,
        h(
          'label',
          null,
          h('input', {
            ...{ type: 'checkbox', checked: isTonight },
            onChange: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
              setTonight(currentTarget.checked),
          }),
          ' not before tonight',
        ),
      ),
      h(
        'button',
        { type: 'submit', disabled: isBusy || me.user === null || (file === OWN && yaml.trim() === '') },
        'Submit',
      ),
    ),
    h(Submitted, { id }),
    error === null ? null : h(Complaint, { error }),
  ];
}

/** @param {{ id: number | null }} props */
function Submitted({ id }) {
  return h(
    'p',
    { role: 'status' },
    id === null ? null : [`This is submission ${id}: see the `, h(Link, { href: '/queue' }, 'queue'), '.'],
  );
}

/**
 * Has a campaign measured once more that was submitted to this lab.
 * @param {{ id: string }} props
 */
export function AgainButton({ id }) {
  const me = useContext(MeContext);
  const { document } = useDocument(me.user === null ? null : `/api/lab/campaigns/${id}`);
  const { submission } = /** @type {{ submission: { id: number } | null } | null} */ (document) ?? { submission: null };
  const { error, isBusy, act } = useAction();
  if (me.user === null || submission === null) return null;
  const again = () =>
    act(async () => {
      await post('/api/lab/submissions', { what: { again: id } });
      go('/queue');
    });
  return h(
    'p',
    null,
    h('button', { type: 'button', disabled: isBusy, onClick: again }, 'Measure it again'),
    error === null ? null : h(Complaint, { error }),
  );
}
