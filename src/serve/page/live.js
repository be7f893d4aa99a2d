// SPDX-License-Identifier: Apache-2.0
// Runs that go on, as they tell of themselves.
import { createContext, h } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { follow } from './api.js';
import { Course } from './drawings.js';
import { Link } from './place.js';

/** @typedef {import('../documents.ts').LiveRun} LiveRun */
/** @typedef {import('../documents.ts').LiveRates} LiveRates */
/** @typedef {import('../lab.ts').LabDocument} LabDocument */
/** @typedef {import('../lab.ts').LabNews} LabNews */
/** @typedef {{ runs: LiveRun[], version: number, isConnected: boolean, lab: LabDocument | null, labError: string | null }} Live */

/** @type {Live} */
const NOTHING = { runs: [], version: 0, isConnected: true, lab: null, labError: null };
export const LiveContext = createContext(NOTHING);

/** Before the server is asked again that could not be reached. */
const AGAIN_MS = 2000;
/** Points of a trial's course that are drawn: a minute. */
const COURSE_MAX = 600;

/**
 * What goes on now; `version` grows when something has ended, and with it what is stored.
 * @param {string | null} user as whom that is asked
 */
export function useLive(user) {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    const gone = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let again;
    const begin = () => {
      void follow('/api/live', (event, data) => setLive((before) => after(before, event, data)), gone.signal)
        .catch(() => undefined)
        .then(() => {
          if (gone.signal.aborted) return;
          setLive((before) => ({ ...before, isConnected: false }));
          again = setTimeout(begin, AGAIN_MS);
        });
    };
    begin();
    return () => {
      gone.abort();
      clearTimeout(again);
    };
  }, [user]);
  return live;
}

/**
 * @param {Live} live
 * @param {string} event
 * @param {any} data
 * @returns {Live}
 */
function after(live, event, data) {
  switch (event) {
    case 'runs':
      // One that has gone has ended, and so has its campaign.
      return {
        ...{ ...live, runs: data, isConnected: true },
        version: live.version + (data.length === live.runs.length ? 0 : 1),
      };
    case 'ended':
      return { ...live, version: live.version + 1 };
    case 'rates':
      return { ...live, runs: live.runs.map((run) => (run.pid === data.pid ? withRates(run, data) : run)) };
    case 'lab': {
      const { lab, error } = /** @type {LabNews} */ (data);
      const isNew = lab !== null && live.lab !== null && progressOf(lab) !== progressOf(live.lab);
      return { ...live, lab: lab ?? live.lab, labError: error, version: live.version + (isNew ? 1 : 0) };
    }
    default:
      return live;
  }
}

/** What of a lab changes what is stored. @param {LabDocument} lab */
function progressOf({ queue, over }) {
  return JSON.stringify([queue.map(({ id, campaign, roundsDone }) => [id, campaign, roundsDone]), over[0]?.id]);
}

/**
 * @param {LiveRun} run
 * @param {{ testbed: string, rates: LiveRates }} told
 */
function withRates(run, { testbed, rates }) {
  const trials = run.trials.map((trial) =>
    trial.testbed === testbed ? { ...trial, course: [...trial.course, rates].slice(-COURSE_MAX) } : trial,
  );
  return { ...run, trials };
}

/**
 * The runs that go on, or that of one campaign.
 * @param {{ campaign: string | null }} props
 */
export function LivePanel({ campaign }) {
  const { runs, isConnected } = useContext(LiveContext);
  const shown = runs.filter((run) => campaign === null || run.campaign === campaign);
  return [isConnected ? null : h(Silent, {}), shown.map((run) => h(Run, { key: run.pid, run }))];
}

/** Of a server that has gone. */
export function Silent() {
  return h('p', { class: 'bad', role: 'status' }, 'The server does not answer; trying again …');
}

/** @param {{ run: LiveRun }} props */
function Run({ run }) {
  const { campaign, title, done, total, left, trials, last } = run;
  return h(
    'section',
    { class: 'panel live', 'aria-label': 'Running now' },
    h('h2', null, 'Running: ', campaign === null ? title : h(Link, { href: `/campaigns/${campaign}` }, title)),
    // Told when a trial ends, not at each sample.
    h('p', { role: 'status' }, `${done} of ${total} trials${left === '' ? '' : `, ${left}`}`),
    h('progress', { max: Math.max(1, total), value: done, 'aria-label': 'Trials done' }),
    trials.map((trial) => {
      const now = trial.course.at(-1);
      const most = trial.course.reduce(
        (best, rates) => (rates.offeredPps > best.offeredPps ? rates : best),
        trial.course[0] ?? { offeredPps: 0, offered: '' },
      );
      return h(
        'div',
        { key: trial.testbed },
        h('p', null, `${trial.name}, round ${trial.round}${trial.repetition ? ', repeated' : ''}`),
        now === undefined
          ? h('p', { class: 'soft' }, 'Starting …')
          : [
              h(
                'p',
                { class: 'soft' },
                `sent ${now.offered}, received ${now.received}; CPUs: senders ${now.senderCpus}, receivers ${now.receiverCpus}`,
              ),
              h(Course, { course: trial.course, scale: most.offered }),
            ],
      );
    }),
    last === null
      ? null
      : h(
          'p',
          { class: last.disturbances.length > 0 || last.outcome !== 'measured' ? 'bad' : 'soft' },
          `Before: ${last.name}, ${last.found}${last.disturbances.length === 0 ? '' : `; disturbed: ${last.disturbances.join('; ')}`}`,
        ),
  );
}
