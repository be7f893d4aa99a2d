// SPDX-License-Identifier: Apache-2.0
// Campaigns are started, stopped and resumed from here, by those who have the token.
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAction } from './action.js';
import { hasToken, post } from './api.js';
import { CampaignText } from './field.js';
import { LivePanel } from './live.js';
import { Complaint, Heading, useDocument, when } from './loaded.js';
import { go } from './place.js';

/** @typedef {import('../documents.ts').StartedRun} StartedRun */
/** @typedef {import('../documents.ts').AboutDocument} AboutDocument */

/** How often is asked what a run has said. */
const ASK_MS = 1000;

const NO_TOKEN = 'This takes the token: open the address that vswbench serve has printed, with all that follows the #';

/** @param {{ version: unknown }} props */
export function StartPage({ version }) {
  const about = useDocument('/api/about');
  const [asked, setAsked] = useState(0);
  const runs = useDocument('/api/runs', `${version} ${asked}`);
  const [yaml, setYaml] = useState('');
  const { error, act } = useAction();
  useEffect(() => {
    const timer = setInterval(() => setAsked((before) => before + 1), ASK_MS);
    return () => clearInterval(timer);
  }, []);
  const started = /** @type {{ runs: StartedRun[] } | null} */ (runs.document)?.runs ?? [];
  const { files, results } = /** @type {AboutDocument | null} */ (about.document) ?? { files: [], results: '' };
  /** @param {unknown} body */
  const start = (body) =>
    act(async () => {
      await post('/api/runs', body);
      setAsked((before) => before + 1);
    });
  return [
    h(Heading, { of: 'start' }, 'Start a campaign'),
    hasToken() ? null : h(Complaint, { error: NO_TOKEN }),
    h('p', { class: 'soft' }, `As 'vswbench run FILE' does, as root; results go to ${results}.`),
    h(
      'p',
      null,
      files.map((file) => [
        h(
          'button',
          { key: file, type: 'button', disabled: !hasToken(), onClick: () => start({ file }) },
          `Start ${file}`,
        ),
        ' ',
      ]),
    ),
    h(CampaignText, { label: 'Or a campaign of your own (YAML, as in campaigns/):', yaml, set: setYaml }),
    h(
      'p',
      null,
      h(
        'button',
        { type: 'button', disabled: !hasToken() || yaml.trim() === '', onClick: () => start({ yaml }) },
        'Start this',
      ),
    ),
    error === null ? null : h(Complaint, { error }),
    h(LivePanel, { campaign: null }),
    started.map((run) => h(Started, { key: run.number, run })),
  ];
}

/** @param {{ run: StartedRun }} props */
function Started({ run: { number, what, startedAt, lines, ended } }) {
  const { error, act } = useAction();
  const state =
    ended === null
      ? 'running'
      : `ended with ${ended.code === null ? (ended.signal ?? 'an error') : `exit code ${ended.code}`}`;
  return h(
    'section',
    { class: 'panel', 'aria-label': `Run ${number}` },
    h('h2', null, `${what}: ${state}`),
    h('p', { class: 'soft' }, `started here ${when(startedAt)}`),
    h('pre', { tabIndex: 0, 'aria-label': 'What it said' }, lines.join('\n')),
    ended !== null
      ? null
      : h('button', { type: 'button', onClick: () => act(() => post(`/api/runs/${number}/stop`, {})) }, 'Stop'),
    error === null ? null : h(Complaint, { error }),
  );
}

/**
 * Goes on with a campaign that is not finished.
 * @param {{ id: string }} props
 */
export function ResumeButton({ id }) {
  const { error, act } = useAction();
  if (!hasToken()) return null;
  const resume = () =>
    act(async () => {
      await post(`/api/campaigns/${id}/resume`, {});
      go('/start');
    });
  return h(
    'p',
    null,
    h('button', { type: 'button', onClick: resume }, 'Resume'),
    error === null ? null : h(Complaint, { error }),
  );
}
