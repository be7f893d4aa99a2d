// SPDX-License-Identifier: Apache-2.0
// Figures that can be worked with, in a browser: in a report, which has this file and Vega in itself, and on the pages of vswbench serve. A
// figure stays what it is until somebody presses Explore; then Vega draws it, and its axes, its legend and its points react.

/** @typedef {import('./document.ts').ExploredDocument} ExploredDocument */
/** @typedef {{ scale: 'linear' | 'log', domain: [number, number] }} ZoomAxis */
/** @typedef {{ left: number, top: number, width: number, height: number }} Box */

/** How far a key or a turn of the wheel zooms, and how far an arrow moves, as a share of what is seen. */
const ZOOM_STEP = 1.25;
const MOVE_STEP = 0.1;

/** Left of and below a panel, where its axes are: there one of them is zoomed alone; pixels. */
const AXIS_PX = 46;

/** A press that moves less is a click, pixels. */
const CLICK_PX = 4;

/** @param {string} packed in base64 */
function bytesOf(packed) {
  return Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
}

/** What base64 of a deflated text says. @param {string} packed */
export async function unpacked(packed) {
  const bytes = bytesOf(packed);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
}

/**
 * Makes a page, or a part of one, something to work with: figures get their buttons, and what is there as text is made when it is wanted.
 * @param {HTMLElement} root
 * @param {() => Promise<any>} loadVega
 * @param {((index: number) => void) | null} openCase null where a figure tells the rounds of a case itself
 */
export function enliven(root, loadVega, openCase) {
  const within = (/** @type {Element} */ part) => {
    for (const figure of part.querySelectorAll('figure[data-explore]')) {
      offer(/** @type {HTMLElement} */ (figure), loadVega, openCase);
    }
  };
  within(root);
  for (const later of root.querySelectorAll('details > .later, details > summary + noscript')) {
    const details = /** @type {HTMLElement} */ (later.parentElement);
    const unfold = () => {
      if (make(later)) within(details);
    };
    details.addEventListener('toggle', unfold, { once: true });
    addEventListener('beforeprint', unfold, { once: true });
  }
  makeNear([...root.querySelectorAll('figure > .later')]);
}

/** Elements out of text. @param {Element} later @returns {boolean} whether they were still to be made */
function make(later) {
  const isDue = later.isConnected;
  if (isDue) later.outerHTML = htmlOf(later);
  return isDue;
}

/**
 * By fflate, which a page with folded parts has: what browsers have for it answers later, when a page that is being printed is on paper.
 * @param {string} packed
 */
function unfolded(packed) {
  const { fflate } = /** @type {{ fflate: typeof import('fflate') }} */ (/** @type {unknown} */ (globalThis));
  return fflate.strFromU8(fflate.inflateSync(bytesOf(packed)));
}

/** @param {Element} later */
function htmlOf(later) {
  return later instanceof HTMLTemplateElement ? unfolded(later.content.textContent ?? '') : (later.textContent ?? '');
}

/**
 * Makes large drawings as they come near, and the others when the page has nothing else to do: then its search finds what they say.
 * @param {Element[]} drawings
 */
function makeNear(drawings) {
  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        for (const later of target.querySelectorAll(':scope > .later')) make(later);
      }
    },
    { rootMargin: '50%' },
  );
  for (const later of drawings) {
    if (later.parentElement !== null) near.observe(later.parentElement);
    addEventListener('beforeprint', () => make(later), { once: true });
  }
  const rest = [...drawings];
  const next = () => {
    const later = rest.shift();
    if (later === undefined) return;
    make(later);
    idle(next);
  };
  if (rest.length > 0) setTimeout(idle, IDLE_AFTER_MS, next);
}

/** Who has just opened a page wants it to answer. */
const IDLE_AFTER_MS = 2000;

/** Not every browser says when it is idle. @param {() => void} act */
function idle(act) {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(act);
  else setTimeout(act, 200);
}

/**
 * Gives a figure its button.
 * @param {HTMLElement} figure
 * @param {() => Promise<any>} loadVega
 * @param {((index: number) => void) | null} openCase null where the figure tells the rounds of a case itself
 */
function offer(figure, loadVega, openCase) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'explore';
  button.textContent = 'Explore';
  button.setAttribute('aria-label', `Explore: ${figure.dataset.title ?? ''}`);
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const [vega, text] = await Promise.all([loadVega(), unpacked(figure.dataset.explore ?? '')]);
      const back = () => {
        figure.classList.remove('explored');
        button.hidden = false;
        button.focus();
      };
      figure.classList.add('explored');
      button.hidden = true;
      await explore(figure, JSON.parse(text), vega, openCase, back);
    } catch (problem) {
      button.textContent = `This browser cannot: ${problem instanceof Error ? problem.message : problem}`;
    }
    button.disabled = false;
  });
  figure.append(button);
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** @param {string} text @param {() => void} press */
function action(text, press) {
  const made = element('button', { type: 'button' }, text);
  made.addEventListener('click', press);
  return made;
}

/**
 * Shows the figure's drawing in its place.
 * @param {HTMLElement} figure
 * @param {ExploredDocument} told
 * @param {any} vega
 * @param {((index: number) => void) | null} openCase
 * @param {() => void} back
 */
async function explore(figure, told, vega, openCase, back) {
  const drawing = element('div', {
    class: 'drawing',
    tabindex: '0',
    role: 'group',
    'aria-label': `${told.title}. Arrows move, + and − zoom, 0 shows all, Escape leads back`,
  });
  // To Vega each mark is a graphic with a role, most of them without a name. Who does not see them has the list of cases.
  const stage = element('div', { 'aria-hidden': 'true' });
  drawing.append(stage);
  const tip = element('div', { class: 'tip', hidden: '' });
  const answer = element('div', { class: 'answer', role: 'status' });
  const view = new vega.View(vega.parse(told.spec, null, { ast: true }), {
    expr: vega.expressionInterpreter,
    renderer: 'svg',
    container: stage,
    logLevel: vega.Error,
  });
  const axes = zoomOf(view, told);
  /** @param {number} index */
  const open = (index) => (openCase === null ? answer.replaceChildren(...roundsOf(told, index)) : openCase(index));
  const close = () => {
    view.finalize();
    shell.remove();
    back();
  };
  const shell = element(
    'div',
    { class: 'exploring' },
    element(
      'div',
      { class: 'tools' },
      action('Back to the figure', close),
      action('Zoom in', () => axes.zoom(ZOOM_STEP)),
      action('Zoom out', () => axes.zoom(1 / ZOOM_STEP)),
      action('Show all', axes.reset),
      ...casesOf(told, open),
    ),
    ...legendOf(figure, view),
    drawing,
    tip,
    answer,
  );
  figure.insertBefore(shell, figure.querySelector(':scope > figcaption'));
  view.tooltip(
    (/** @type {unknown} */ _, /** @type {MouseEvent} */ event, /** @type {any} */ __, /** @type {unknown} */ text) =>
      showTip(shell, tip, event, text),
  );
  view.addEventListener('click', (/** @type {unknown} */ _, /** @type {any} */ item) => {
    const index = item?.datum?.case;
    if (typeof index === 'number') open(index);
  });
  shell.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    close();
  });
  drawing.addEventListener('keydown', (event) => {
    const act = axes.keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  await view.runAsync();
  followPointer(drawing, view, axes);
  drawing.focus({ preventScroll: true });
}

/**
 * The series of the figure: what is pressed is shown. Rows are named beside them, and have no legend.
 * @param {HTMLElement} figure
 * @param {any} view
 */
function legendOf(figure, view) {
  /** @type {Set<string>} */
  const hidden = new Set();
  const items = [...figure.querySelectorAll(':scope > .legend > li')].map((item) => {
    const label = item.textContent ?? '';
    const button = action('', () => {
      if (hidden.has(label)) hidden.delete(label);
      else hidden.add(label);
      button.setAttribute('aria-pressed', String(!hidden.has(label)));
      view.signal('hidden', [...hidden]).runAsync();
    });
    button.setAttribute('aria-pressed', 'true');
    button.append(...[...item.childNodes].map((node) => node.cloneNode(true)));
    return button;
  });
  return items.length === 0
    ? []
    : [element('div', { class: 'series', role: 'group', 'aria-label': 'Shown' }, ...items)];
}

/**
 * Whoever has no pointer chooses a case by name.
 * @param {ExploredDocument} told
 * @param {(index: number) => void} open
 */
function casesOf(told, open) {
  const cases = Object.entries(told.cases);
  if (cases.length === 0) return [];
  const list = element(
    'select',
    {},
    element('option', { value: '' }, 'choose a case'),
    ...cases.map(([index, { name, about }]) => element('option', { value: index }, `${name}, ${about}`)),
  );
  list.addEventListener('change', () => {
    if (list.value !== '') open(Number(list.value));
  });
  return [element('label', {}, 'Trials of ', list)];
}

/** @param {ExploredDocument} told @param {number} index */
function roundsOf(told, index) {
  const one = told.cases[index];
  if (one === undefined) return [];
  return [
    element('p', {}, element('strong', {}, one.name), ` ${one.about}`),
    element(
      'p',
      {},
      `${one.figure} of each round: ${one.rounds.join(', ')}${one.flags === '' ? '' : ` (${one.flags})`}`,
    ),
  ];
}

/** @param {HTMLElement} shell @param {HTMLElement} tip @param {MouseEvent} event @param {unknown} text */
function showTip(shell, tip, event, text) {
  tip.hidden = typeof text !== 'string' || text === '';
  if (tip.hidden) return;
  tip.textContent = String(text);
  const { left, top, width } = shell.getBoundingClientRect();
  const x = Math.max(0, Math.min(event.clientX - left + 14, width - tip.offsetWidth));
  tip.style.transform = `translate(${x}px, ${event.clientY - top + 18}px)`;
}

/**
 * The axes as they are seen, between ends that are signals of the drawing.
 * @param {any} view
 * @param {ExploredDocument} told
 */
function zoomOf(view, told) {
  const all = ['x', 'y'].flatMap((name) => {
    const axis = /** @type {ZoomAxis | null} */ (told[/** @type {'x' | 'y'} */ (name)]);
    if (axis === null) return [];
    const straight = axis.scale === 'log' ? Math.log : Number;
    const back = axis.scale === 'log' ? Math.exp : Number;
    const ends = axis.domain.map(straight);
    return [{ name, back, first: ends, ends: [...ends] }];
  });
  const show = () => {
    for (const { name, back, ends } of all) {
      view.signal(`${name}Low`, back(ends[0] ?? 0)).signal(`${name}High`, back(ends[1] ?? 1));
    }
    void view.runAsync();
  };
  /**
   * @param {number} factor
   * @param {Record<string, number>} [at] what stays where it is, from 0 to 1 along each axis that is meant
   */
  const zoom = (factor, at = { x: 0.5, y: 0.5 }) => {
    for (const axis of all) {
      const share = at[axis.name];
      if (share === undefined) continue;
      const [low = 0, high = 1] = axis.ends;
      const fixed = low + share * (high - low);
      axis.ends = [fixed - (fixed - low) / factor, fixed + (high - fixed) / factor];
    }
    show();
  };
  /** @param {Record<string, number>} shares of what is seen */
  const move = (shares) => {
    for (const axis of all) {
      const [low = 0, high = 1] = axis.ends;
      const by = (shares[axis.name] ?? 0) * (high - low);
      axis.ends = [low + by, high + by];
    }
    show();
  };
  const reset = () => {
    for (const axis of all) axis.ends = [...axis.first];
    show();
  };
  /** @type {Record<string, (() => void) | undefined>} */
  const keys = {
    ArrowLeft: () => move({ x: -MOVE_STEP }),
    ArrowRight: () => move({ x: MOVE_STEP }),
    ArrowDown: () => move({ y: -MOVE_STEP }),
    ArrowUp: () => move({ y: MOVE_STEP }),
    '+': () => zoom(ZOOM_STEP),
    '=': () => zoom(ZOOM_STEP),
    '-': () => zoom(1 / ZOOM_STEP),
    0: reset,
  };
  return { zoom, move, reset, keys };
}

/**
 * The wheel zooms, over an axis that one alone; dragging moves.
 * @param {HTMLElement} drawing
 * @param {any} view
 * @param {ReturnType<typeof zoomOf>} axes
 */
function followPointer(drawing, view, axes) {
  drawing.addEventListener(
    'wheel',
    (event) => {
      const at = placeIn(drawing, view, event);
      if (at === null || event.deltaY === 0) return;
      event.preventDefault();
      axes.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, at.shares);
    },
    { passive: false },
  );
  drawing.addEventListener('pointerdown', (down) => {
    const at = placeIn(drawing, view, down);
    if (at === null || down.button !== 0) return;
    let [x, y] = [down.clientX, down.clientY];
    let isDragged = false;
    const moved = (/** @type {PointerEvent} */ event) => {
      isDragged ||= Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > CLICK_PX;
      if (!isDragged) return;
      axes.move({ x: (x - event.clientX) / at.width, y: (event.clientY - y) / at.height });
      [x, y] = [event.clientX, event.clientY];
    };
    const ended = new AbortController();
    addEventListener('pointermove', moved, { signal: ended.signal });
    for (const end of ['pointerup', 'pointercancel'])
      addEventListener(end, () => ended.abort(), { signal: ended.signal });
  });
}

/**
 * Which panel is under the pointer, or whose axis: where along its axes, and how large it is on the screen. Null beside all panels.
 * @param {HTMLElement} drawing
 * @param {any} view
 * @param {MouseEvent} event
 */
function placeIn(drawing, view, event) {
  const svg = drawing.querySelector('svg');
  const screen = svg?.getScreenCTM();
  if (!screen) return null;
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(screen.inverse());
  const [left, top] = view.origin();
  for (const box of panelsOf(view)) {
    const [x, y] = [point.x - left - box.left, point.y - top - box.top];
    const isBesideX = x >= 0 && x <= box.width;
    const isBesideY = y >= 0 && y <= box.height;
    if (!(isBesideX && y >= 0 && y <= box.height + AXIS_PX) && !(isBesideY && x >= -AXIS_PX && x <= box.width))
      continue;
    return {
      width: box.width * screen.a,
      height: box.height * screen.d,
      shares: {
        ...(isBesideX ? { x: x / box.width } : {}),
        ...(isBesideY ? { y: 1 - y / box.height } : {}),
      },
    };
  }
  return null;
}

/** Where the panels lie within the drawing. @param {any} view @returns {Box[]} */
function panelsOf(view) {
  /** @type {Box[]} */
  const found = [];
  const visit = (/** @type {any} */ group, /** @type {number} */ left, /** @type {number} */ top) => {
    for (const mark of group.items ?? []) {
      if (mark.marktype !== 'group') continue;
      for (const item of mark.items ?? []) {
        const at = { left: left + item.x, top: top + item.y, width: item.width, height: item.height };
        if (/^concat_\d+_group$/.test(mark.name ?? '')) found.push(at);
        else visit(item, at.left, at.top);
      }
    }
  };
  for (const root of view.scenegraph().root.items) visit(root, 0, 0);
  return found;
}
