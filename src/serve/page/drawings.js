// SPDX-License-Identifier: Apache-2.0
// Small drawings beside figures that are told in words as well. Colours come by attributes and rules, as no style may stand in the page.
import { h } from 'preact';
import { trialName } from './case.js';
import { go, withQuery } from './place.js';

/** @typedef {import('../documents.ts').Span} Span */
/** @typedef {import('../../model/looks.ts').Look} Look */
/** @typedef {import('../documents.ts').TrialDot} TrialDot */

const dark = matchMedia('(prefers-color-scheme: dark)');

/** @param {Look} look */
function colorOf({ color, darkColor }) {
  return dark.matches ? darkColor : color;
}

const BAR_PX = 150;

/** @typedef {{ least: number | null, most: number }} BarScale from 0, or from `least` on a logarithmic one */

/** Medians that span a decade are seen on a logarithmic scale alone, as in figures.
 * @param {readonly Span[]} spans
 * @returns {BarScale}
 */
export function scaleOf(spans) {
  const medians = spans.map(({ median }) => median);
  const least = Math.min(...medians);
  const most = Math.max(0, ...spans.map(({ median, high }) => high ?? median));
  return { least: least > 0 && Math.max(...medians) >= 10 * least ? least / 2 : null, most };
}

/**
 * A median with its interval.
 * @param {{ span: Span, scale: BarScale, look: Look }} props
 */
export function SpanBar({ span, scale: { least, most }, look }) {
  const part = (/** @type {number} */ value) =>
    least === null ? value / (most || 1) : Math.log(Math.max(value, least) / least) / Math.log(most / least);
  const x = (/** @type {number} */ value) => part(value) * (BAR_PX - 8) + 4;
  const fill = colorOf(look);
  return h(
    'svg',
    { width: BAR_PX, height: 14, class: 'span', 'aria-hidden': 'true' },
    h('line', { x1: 4, x2: BAR_PX - 4, y1: 7, y2: 7, class: 'axis' }),
    span.low === null || span.high === null
      ? null
      : h('line', {
          x1: x(span.low),
          x2: x(span.high),
          y1: 7,
          y2: 7,
          stroke: fill,
          'stroke-width': 4,
          'stroke-linecap': 'round',
          opacity: 0.5,
        }),
    h('circle', { cx: x(span.median), cy: 7, r: 4, fill }),
  );
}

const [WIDTH, HEIGHT] = [640, 120];

/**
 * Trials by round; each leads to the trial.
 * @param {{ place: URL, trials: readonly TrialDot[], chosen: string | null }} props
 */
export function TrialDots({ place, trials, chosen }) {
  const most = Math.max(0, ...trials.map(({ figure }) => figure?.value ?? 0));
  const rounds = Math.max(1, ...trials.map(({ round }) => round));
  const x = (/** @type {number} */ round) => 12 + ((round - 0.5) / rounds) * (WIDTH - 24);
  const y = (/** @type {number} */ value) => HEIGHT - 18 - (most === 0 ? 0 : (value / most) * (HEIGHT - 34));
  return h(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'dots', 'aria-hidden': 'true' },
    h('line', { x1: 0, x2: WIDTH, y1: y(0), y2: y(0), class: 'axis' }),
    h('text', { x: 0, y: HEIGHT - 3 }, 'round 1'),
    h('text', { x: WIDTH, y: HEIGHT - 3, 'text-anchor': 'end' }, `round ${rounds}, from zero`),
    trials.flatMap((trial) => {
      if (trial.figure === null) return [];
      const name = trialName(trial);
      const kind = trial.flags.includes('disturbed') ? ' disturbed' : '';
      return [
        h(
          'circle',
          {
            key: name,
            cx: x(trial.round),
            cy: y(trial.figure.value),
            r: name === chosen ? 7 : 5,
            class: `dot${kind}${name === chosen ? ' chosen' : ''}`,
            onClick: () => go(withQuery(place, { trial: name })),
          },
          h('title', null, `Round ${trial.round}${trial.repetition ? ', repeated' : ''}: ${trial.figure.text}`),
        ),
      ];
    }),
  );
}

/**
 * What a trial sent and received over time.
 * @param {{ course: readonly { tS: number, offeredPps: number, receivedPps: number, steady?: boolean }[], scale: string }} props
 */
export function Course({ course, scale }) {
  const most = Math.max(1, ...course.flatMap(({ offeredPps, receivedPps }) => [offeredPps, receivedPps]));
  const lastS = course.at(-1)?.tS ?? 1;
  const x = (/** @type {number} */ tS) => (tS / lastS) * WIDTH;
  const y = (/** @type {number} */ pps) => HEIGHT - 18 - (pps / most) * (HEIGHT - 34);
  const line = (/** @type {'offeredPps' | 'receivedPps'} */ name) =>
    course.map((point) => `${x(point.tS).toFixed(1)},${y(point[name]).toFixed(1)}`).join(' ');
  const steady = course.filter((point) => point.steady);
  const [from, to] = [steady[0]?.tS ?? 0, steady.at(-1)?.tS ?? 0];
  return h(
    'figure',
    null,
    h(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        class: 'course',
        role: 'img',
        'aria-label': `Packets per second sent and received over ${lastS.toFixed(1)} s, up to ${scale}`,
      },
      h('rect', { x: x(from), y: 0, width: Math.max(0, x(to) - x(from)), height: HEIGHT - 18, class: 'steady' }),
      h('line', { x1: 0, x2: WIDTH, y1: y(0), y2: y(0), class: 'axis' }),
      h('polyline', { points: line('offeredPps'), class: 'offered' }),
      h('polyline', { points: line('receivedPps'), class: 'received' }),
      h('text', { x: 0, y: 11 }, scale),
      h('text', { x: WIDTH, y: HEIGHT - 3, 'text-anchor': 'end' }, `${lastS.toFixed(1)} s`),
    ),
    h(
      'figcaption',
      null,
      h('span', { class: 'key offered' }, 'sent (dashed)'),
      ' ',
      h('span', { class: 'key received' }, 'received'),
      steady.length === 0 ? null : '; shaded: what counts',
    ),
  );
}
