// SPDX-License-Identifier: Apache-2.0
// What a framework asks of an application: one entry a class, and a new framework is a name in one of them.

/** From what every program can do on. Whoever can do more can also do what stands before it, super-packets aside. */
export const FRAMEWORK_CLASSES = ['sockets', 'frames', 'af-xdp', 'polling', 'super-packets', 'unknown'] as const;
export type FrameworkClass = (typeof FRAMEWORK_CLASSES)[number];

interface ClassEntry {
  /** Frameworks, by the first words of their names: `raw` is `raw-mmsg` as well. */
  frameworks: readonly string[];
  /** What it is, in a legend. */
  title: string;
  /** The branch of the decision. */
  condition: string;
}

export const CLASS_ENTRIES: Readonly<Record<FrameworkClass, ClassEntry>> = {
  sockets: {
    frameworks: ['udp', 'uring'],
    ...{ title: 'UDP sockets', condition: 'Applications stay on UDP sockets' },
  },
  frames: {
    frameworks: ['raw', 'packet', 'tap'],
    ...{
      title: 'frames through the kernel',
      condition: 'Applications can build frames, through packet sockets or TAP',
    },
  },
  'af-xdp': { frameworks: ['afxdp'], title: 'AF_XDP', condition: 'Applications can use AF_XDP' },
  polling: {
    frameworks: ['dpdk', 'netmap'],
    ...{ title: 'polling in user space', condition: 'Applications can link DPDK or netmap, and poll a CPU each' },
  },
  'super-packets': {
    frameworks: ['udp-gso'],
    ...{ title: 'super-packets', condition: 'Traffic goes to one peer in batches, as super-packets' },
  },
  unknown: { frameworks: [], title: 'other frameworks', condition: 'Frameworks of no known class' },
};

/** The class of a framework by its name, the longest that fits; and whatever it is called, where the data plane says that packets crossed as super-packets. */
export function classOf(io: string, superPackets: boolean): FrameworkClass {
  if (superPackets) return 'super-packets';
  const fits = (name: string) => io === name || io.startsWith(`${name}-`);
  const [found] = FRAMEWORK_CLASSES.flatMap((id) =>
    CLASS_ENTRIES[id].frameworks.filter(fits).map((name) => ({ id, length: name.length })),
  ).sort((a, b) => b.length - a.length);
  return found?.id ?? 'unknown';
}

/** Whether an application of a class can use what another one asks for. */
export function canUse(application: FrameworkClass, other: FrameworkClass): boolean {
  if (isAlone(application) || isAlone(other)) return application === other;
  return FRAMEWORK_CLASSES.indexOf(other) <= FRAMEWORK_CLASSES.indexOf(application);
}

/** Of what nobody knows, and of what is never ranked with others, no order is known either. */
function isAlone(id: FrameworkClass): boolean {
  return id === 'super-packets' || id === 'unknown';
}
