// SPDX-License-Identifier: Apache-2.0
import { h, render } from 'preact';
import { useEffect } from 'preact/hooks';
import { takeToken } from './api.js';
import { CampaignPage } from './campaign.js';
import { ComparePage } from './compare.js';
import { FleetPage } from './fleet.js';
import { ListPage } from './list.js';
import { LiveContext, useLive } from './live.js';
import { MeContext, SignInPage, useMe } from './me.js';
import { Link, usePlace } from './place.js';
import { QueuePage } from './queue.js';
import { StartPage } from './start.js';
import { SubmitPage } from './submit.js';

const PAGES = [
  { path: /^\/$/, title: 'Campaigns', of: ListPage },
  { path: /^\/campaigns\/([^/]+)$/, title: 'Campaign', of: CampaignPage },
  { path: /^\/compare$/, title: 'Comparison', of: ComparePage },
  { path: /^\/start$/, title: 'Start', of: StartPage },
  { path: /^\/queue$/, title: 'Queue', of: QueuePage },
  { path: /^\/fleet$/, title: 'Fleet', of: FleetPage },
  { path: /^\/submit$/, title: 'Submit', of: SubmitPage },
  { path: /^\/sign-in$/, title: 'Sign in', of: SignInPage },
];

/** @param {import('./me.js').Me} me @returns {{ href: string, text: string, label?: string | undefined }[]} */
function linksFor({ isKnown, isLab, user }) {
  return [
    { href: '/', text: 'Campaigns' },
    ...(isLab ? [{ href: '/queue', text: 'Queue' }] : []),
    ...(isLab ? [{ href: '/fleet', text: 'Fleet' }] : []),
    { href: '/compare', text: 'Compare' },
    ...(isLab ? [{ href: '/submit', text: 'Submit' }] : []),
    ...(isLab
      ? [{ href: '/sign-in', text: user ?? 'Sign in', label: user === null ? undefined : `Signed in as ${user}` }]
      : []),
    ...(isKnown && !isLab ? [{ href: '/start', text: 'Start' }] : []),
  ];
}

function App() {
  const place = usePlace();
  const me = useMe();
  const live = useLive(me.user);
  const found = PAGES.flatMap(({ path, ...page }) => {
    const match = path.exec(place.pathname);
    return match === null ? [] : [{ ...page, id: match[1] ?? '' }];
  })[0];
  const title = `${found?.title ?? 'Nothing here'}${found?.id ? ` ${found.id}` : ''} · vswbench`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return h(
    MeContext.Provider,
    { value: me },
    h(LiveContext.Provider, { value: live }, h(Frame, { place, live, me, found })),
  );
}

/** @param {{ place: URL, live: import('./live.js').Live, me: import('./me.js').Me, found: { of: import('preact').ComponentType<any>, id: string } | undefined }} props */
function Frame({ place, live, me, found }) {
  return [
    h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    h(
      'header',
      null,
      h('span', { class: 'name' }, 'vswbench'),
      h(
        'nav',
        { 'aria-label': 'Pages' },
        linksFor(me).map(({ href, text, label }) =>
          h(
            Link,
            { key: href, href, 'aria-label': label, 'aria-current': place.pathname === href ? 'page' : undefined },
            text,
          ),
        ),
      ),
    ),
    h(
      'main',
      { id: 'main', tabIndex: -1 },
      found === undefined
        ? h('h1', null, 'There is no such page')
        : h(found.of, { key: found.id, place, id: found.id, version: live.version }),
    ),
  ];
}

takeToken();
// The browser would look for it anew at each address that the page goes to.
const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
icon?.setAttribute('href', icon.href);
const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(h(App, {}), root);
}
