// SPDX-License-Identifier: Apache-2.0
import { h, render } from 'preact';
import { useEffect } from 'preact/hooks';
import { takeToken } from './api.js';
import { CampaignPage } from './campaign.js';
import { ComparePage } from './compare.js';
import { ListPage } from './list.js';
import { LiveContext, useLive } from './live.js';
import { Link, usePlace } from './place.js';
import { StartPage } from './start.js';

const PAGES = [
  { path: /^\/$/, title: 'Campaigns', of: ListPage },
  { path: /^\/campaigns\/([^/]+)$/, title: 'Campaign', of: CampaignPage },
  { path: /^\/compare$/, title: 'Comparison', of: ComparePage },
  { path: /^\/start$/, title: 'Start', of: StartPage },
];

const LINKS = [
  { href: '/', text: 'Campaigns' },
  { href: '/compare', text: 'Compare' },
  { href: '/start', text: 'Start' },
];

function App() {
  const place = usePlace();
  const live = useLive();
  const found = PAGES.flatMap(({ path, ...page }) => {
    const match = path.exec(place.pathname);
    return match === null ? [] : [{ ...page, id: match[1] ?? '' }];
  })[0];
  const title = `${found?.title ?? 'Nothing here'}${found?.id ? ` ${found.id}` : ''} · vswbench`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return h(
    LiveContext.Provider,
    { value: live },
    h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    h(
      'header',
      null,
      h('span', { class: 'name' }, 'vswbench'),
      h(
        'nav',
        { 'aria-label': 'Pages' },
        LINKS.map(({ href, text }) =>
          h(Link, { key: href, href, 'aria-current': place.pathname === href ? 'page' : undefined }, text),
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
  );
}

takeToken();
const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(h(App, {}), root);
}
