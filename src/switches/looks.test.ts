// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFilled, LOOKS, lookOf, SHAPES } from '../model/looks.ts';
import { switchRegistry } from './registry.ts';

/** The switches of the paper's section 4 that come with vswbench, and the ceiling. */
const PAPER = ['direct', 'linux-bridge', 'basicfwd', 'testpmd', 'ovs', 'vpp', 'snabb', 'sriov', 'vale'];

/** WCAG 2.2, success criterion 1.4.11: graphics stand out from their ground by this much. */
const CONTRAST_MIN = 3;

/** Of two colours in CIELAB, ΔE*76: below it, they are one colour to most. */
const DIFFERENT_MIN = 12;

type Rgb = [red: number, green: number, blue: number];

/** Light, from 0 to 1, of a colour's channels. */
function linear(hex: string): Rgb {
  const channel = (from: number) => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** How an eye sees that lacks one kind of cone: the matrices of Machado, Oliveira and Fernandes (2009), severity 1. */
const EYES: Record<string, [Rgb, Rgb, Rgb]> = {
  'without red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'without green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'in grey': [
    [0.2126, 0.7152, 0.0722],
    [0.2126, 0.7152, 0.0722],
    [0.2126, 0.7152, 0.0722],
  ],
};

function seen(hex: string, eye: [Rgb, Rgb, Rgb]): Rgb {
  const [r, g, b] = linear(hex);
  const row = ([x, y, z]: Rgb) => Math.min(1, Math.max(0, x * r + y * g + z * b));
  return [row(eye[0]), row(eye[1]), row(eye[2])];
}

function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [x, y, z] = [
    f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505),
    f(luminance([r, g, b])),
    f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089),
  ];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(one: Rgb, other: Rgb): number {
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function pairsOf<T>(all: readonly T[]): [T, T][] {
  return all.flatMap((one, index) => all.slice(index + 1).map((other): [T, T] => [one, other]));
}

describe('looks', () => {
  it('has an entry for every switch, and for nothing else', () => {
    assert.deepEqual(Object.keys(LOOKS).sort(), switchRegistry.map(({ id }) => id).sort());
  });

  it('gives no two switches the same colour and mark', () => {
    const looks = switchRegistry.map(({ id }) => lookOf(id, 'udp'));
    assert.equal(new Set(looks.map(({ color, shape }) => `${color} ${shape}`)).size, looks.length);
  });

  it('stands out from white and from dark ground', () => {
    for (const { id } of switchRegistry) {
      const { color, darkColor } = lookOf(id, 'udp');
      assert.ok(contrast(color, '#ffffff') >= CONTRAST_MIN, `${id}: ${color} on white`);
      assert.ok(contrast(darkColor, '#0f1114') >= CONTRAST_MIN, `${id}: ${darkColor} on dark`);
    }
  });

  for (const [eye, matrix] of Object.entries(EYES)) {
    it(`tells the paper’s switches apart ${eye}`, () => {
      for (const [one, other] of pairsOf(PAPER)) {
        const [a, b] = [lookOf(one, 'udp'), lookOf(other, 'udp')];
        const apart = distance(seen(a.color, matrix), seen(b.color, matrix)) >= DIFFERENT_MIN;
        assert.ok(apart || a.shape !== b.shape, `${one} and ${other}`);
      }
    });
  }

  it('knows each mark that it gives', () => {
    for (const { id } of switchRegistry) assert.ok(SHAPES.some((shape) => shape === lookOf(id, 'udp').shape));
  });

  it('gives strangers one of their own, always the same, that no switch of the registry has', () => {
    const stranger = lookOf('my-switch', 'udp');
    assert.deepEqual(stranger, lookOf('my-switch', 'udp'));
    assert.deepEqual([stranger.color, stranger.shape], ['#a9508a', 'triangle-left']);
    for (const name of ['my-switch', 'bess', 'ebpf-bridge', 'toString', 'a', 'b', 'c']) {
      const { color, shape } = lookOf(name, 'udp');
      assert.ok(
        !switchRegistry.some(({ id }) => {
          const known = lookOf(id, 'udp');
          return known.color === color && known.shape === shape;
        }),
        name,
      );
    }
  });

  it('tells the frameworks of one switch apart by dash, with a filled mark for whole lines alone', () => {
    const frameworks = [
      ...[
        'udp',
        'udp-mmsg',
        'udp-gso',
        'uring',
        'raw',
        'raw-mmsg',
        'packet-mmap',
        'tap',
        'afxdp',
        'afxdp-busy',
        'udp/tap',
      ],
      ...['dpdk', 'dpdk/memif', 'dpdk/vhost-user', 'dpdk-af-xdp', 'dpdk-af-packet', 'netmap'],
    ];
    assert.equal(new Set(frameworks.map((io) => lookOf('direct', io).dash.join(' '))).size, frameworks.length);
    assert.deepEqual(
      ['udp', 'raw', 'dpdk/vhost-user', 'netmap'].map((io) => isFilled(lookOf('linux-bridge', io))),
      [true, false, true, true],
    );
  });
});
