// SPDX-License-Identifier: Apache-2.0
// Who looks: in a lab people have tokens of their own, with which they may change what is theirs.
import { createContext, h } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { useAction } from './action.js';
import { get, keepToken } from './api.js';
import { Field } from './field.js';
import { Complaint, Heading } from './loaded.js';
import { Link } from './place.js';

/** @typedef {import('../documents.ts').MeDocument} MeDocument */
/** @typedef {MeDocument & { isKnown: boolean, ask: () => Promise<MeDocument> }} Me */

/** @type {Me} */
const NOBODY = { isLab: false, user: null, isAdmin: false, isKnown: false, ask: () => Promise.reject(new Error()) };
export const MeContext = createContext(NOBODY);

/** Who that is; `isKnown` once the server has said so. */
export function useMe() {
  const [me, setMe] = useState(NOBODY);
  /** @returns {Promise<MeDocument>} */
  const ask = async () => {
    const told = /** @type {MeDocument} */ (await get('/api/me'));
    setMe({ ...told, isKnown: true, ask });
    return told;
  };
  useEffect(() => {
    // Where it cannot be asked, the pages say so.
    ask().catch(() => undefined);
  }, []);
  return me;
}

/** Whether something is this person's to take back. @param {Me} me @param {string} user */
export function mayTakeBack(me, user) {
  return me.user !== null && (me.isAdmin || me.user === user);
}

/** What those are told who only look. @param {{ what: string }} props */
export function SignInHint({ what }) {
  const me = useContext(MeContext);
  if (!me.isKnown || me.user !== null) return null;
  return h('p', { class: 'soft' }, h(Link, { href: '/sign-in' }, 'Sign in'), ` with a token of yours to ${what}.`);
}

export function SignInPage() {
  const me = useContext(MeContext);
  const [token, setToken] = useState('');
  const { error, isBusy, act } = useAction();
  const signIn = () =>
    act(async () => {
      keepToken(/^[\w-]+$/.test(token.trim()) ? token.trim() : null);
      const told = await me.ask();
      setToken('');
      if (told.user !== null) return;
      keepToken(null);
      throw new Error('This token is not good: ask whoever runs the lab for one (vswbench token add NAME)');
    });
  const signOut = () =>
    act(async () => {
      keepToken(null);
      await me.ask();
    });
  return [
    h(Heading, { of: 'sign-in' }, 'Sign in'),
    me.user === null
      ? h(
          'form',
          {
            onSubmit: (/** @type {Event} */ event) => {
              event.preventDefault();
              void signIn();
            },
          },
          // Browsers that keep tokens as they keep passwords look for whose it is.
          h('input', { type: 'text', name: 'username', autocomplete: 'username', value: 'vswbench', hidden: true }),
          h(Field, {
            ...{
              label: 'Your token',
              type: 'password',
              name: 'token',
              autocomplete: 'current-password',
              required: true,
            },
            ...{ value: token, set: setToken },
          }),
          h('button', { type: 'submit', disabled: isBusy || token.trim() === '' }, 'Sign in'),
          h(
            'p',
            { class: 'soft' },
            'It is kept in this tab alone, until that is closed. Whoever runs the lab makes one: ',
            h('code', null, 'vswbench token add NAME'),
            '.',
          ),
        )
      : [
          h(
            'p',
            { role: 'status' },
            `You are ${me.user}${me.isAdmin ? ', and may take back what others have asked for' : ''}.`,
          ),
          h('button', { type: 'button', disabled: isBusy, onClick: signOut }, 'Sign out'),
        ],
    error === null ? null : h(Complaint, { error }),
  ];
}
