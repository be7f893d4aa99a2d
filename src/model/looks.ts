// SPDX-License-Identifier: Apache-2.0
// How a switch looks in each figure of each campaign. Relatives share a colour; what they do not share is the mark. The
// colours are Okabe and Ito's, darkened until they stand out from white paper, and a few between them.

/** CSS hex colours for light and for dark ground, Vega's name of a mark, and a line's dashes in pixels. */
export interface Look {
  color: string;
  darkColor: string;
  shape: string;
  dash: readonly number[];
}

type Mark = readonly [hue: keyof typeof HUES, shape: string];

export const HUES = {
  grey: ['#444a53', '#c3cad2'],
  blue: ['#0072b2', '#4aa8e0'],
  sky: ['#2f93c9', '#8fd0f5'],
  green: ['#00875f', '#35c99b'],
  vermilion: ['#cc5200', '#f5894a'],
  purple: ['#a9508a', '#df9cc5'],
  amber: ['#a87400', '#f0b93a'],
  red: ['#a3193d', '#f27a93'],
  brown: ['#7a4a2b', '#cda384'],
  olive: ['#6b7500', '#bcc74a'],
} as const;

/** Vega's marks that stay apart when they are small. */
export const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-down',
  'cross',
  'triangle-right',
  'triangle-left',
] as const;

/** The paper's switches have a mark each, so that they can be told apart without any colour. */
export const LOOKS: Readonly<Record<string, Mark>> = {
  direct: ['grey', 'circle'],
  'linux-bridge': ['blue', 'circle'],
  basicfwd: ['brown', 'triangle-left'],
  testpmd: ['amber', 'triangle-right'],
  ovs: ['green', 'square'],
  vpp: ['vermilion', 'triangle-up'],
  snabb: ['purple', 'triangle-down'],
  fastclick: ['olive', 'square'],
  sriov: ['red', 'cross'],
  vale: ['sky', 'diamond'],
  macvlan: ['blue', 'square'],
  tc: ['brown', 'circle'],
  'tc-peer': ['brown', 'square'],
  xdp: ['red', 'triangle-up'],
  'xdp-generic': ['red', 'triangle-down'],
  'ovs-kernel': ['green', 'circle'],
  'ovs-afxdp': ['green', 'diamond'],
  'ovs-afxdp-nonpmd': ['green', 'triangle-up'],
  'ovs-system': ['green', 'triangle-down'],
  'ovs-tap': ['green', 'cross'],
  'vpp-af-packet': ['vermilion', 'square'],
  'vpp-af-xdp': ['vermilion', 'diamond'],
};

/**
 * Dashes of frameworks, by the first words of their names: `dpdk` is `dpdk/memif` as well, unless that has its own. A new one is a line here;
 * others take one by their name.
 */
const DASHES: Readonly<Record<string, readonly number[]>> = {
  udp: [],
  'udp-mmsg': [6, 3],
  raw: [2, 3],
  'raw-mmsg': [8, 3, 2, 3],
  'packet-mmap': [12, 4],
  uring: [1, 4],
  tap: [10, 2, 2, 2, 2, 2],
  'udp-gso': [4, 6],
  afxdp: [14, 3, 3, 3],
  'afxdp-busy': [3, 3, 3, 8],
  'udp/tap': [5, 5],
  dpdk: [20, 3],
  'dpdk/memif': [5, 2],
  'dpdk/vhost-user': [26, 3],
  'dpdk-af-xdp': [9, 3, 1, 3],
  'dpdk-af-packet': [13, 5],
  netmap: [32, 3],
};

const STRANGE_DASHES = [
  [7, 5],
  [11, 3, 4, 3],
  [2, 6],
  [15, 2],
] as const;

/** Of those that are not in the table: colours and marks that the table's own do not have together. */
const STRANGERS: readonly Mark[] = (['purple', 'amber', 'sky', 'olive'] as const).flatMap((hue) =>
  SHAPES.map((shape): Mark => [hue, shape]).filter(
    ([, shape]) => !Object.values(LOOKS).some(([known, mark]) => known === hue && mark === shape),
  ),
);

const UNKNOWN: Mark = ['grey', 'square'];

/** The look of a switch with one of its frameworks, named as `ioName` does. A switch that nobody knew of has the same in each report, too. */
export function lookOf(switchId: string, ioName: string): Look {
  const stranger = STRANGERS[hashOf(switchId) % STRANGERS.length] ?? UNKNOWN;
  const [hue, shape] = Object.hasOwn(LOOKS, switchId) ? (LOOKS[switchId] ?? stranger) : stranger;
  const [color, darkColor] = HUES[hue];
  return { color, darkColor, shape, dash: dashOf(ioName) };
}

/** Grey stays with what is no switch. */
const HUES_IN_TURN = ['blue', 'vermilion', 'green', 'purple', 'amber', 'sky', 'red', 'brown', 'olive'] as const;

const DASHES_IN_TURN = [[], [6, 3], [2, 3], [8, 3, 2, 3], [14, 3], [1, 4]] as const;

/** The look of what is no switch: colour and mark in turn, from 0, each for itself. */
export function lookAt(hue: number, mark: number): Look {
  const [color, darkColor] = HUES[HUES_IN_TURN[hue % HUES_IN_TURN.length] ?? 'grey'];
  const shape = SHAPES[mark % SHAPES.length] ?? SHAPES[0];
  return { color, darkColor, shape, dash: DASHES_IN_TURN[mark % DASHES_IN_TURN.length] ?? [] };
}

/** Dashes as long as this, pixels, read as a whole line. */
const WHOLE_PX = 20;

/** A mark is filled where its line is whole or nearly so, else open: frameworks of a switch differ by more than the dash. */
export function isFilled({ dash: [first = WHOLE_PX] }: Pick<Look, 'dash'>): boolean {
  return first >= WHOLE_PX;
}

function dashOf(ioName: string): readonly number[] {
  const [framework = ioName] = ioName.split('/');
  const known = [ioName, framework].find((name) => Object.hasOwn(DASHES, name));
  return (
    (known === undefined ? undefined : DASHES[known]) ??
    STRANGE_DASHES[hashOf(ioName) % STRANGE_DASHES.length] ??
    STRANGE_DASHES[0]
  );
}

/** FNV-1a, 32 bits: the same number for the same name, everywhere and always. */
function hashOf(name: string): number {
  return [...new TextEncoder().encode(name)].reduce(
    (hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}
