// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import { type Campaign, type CampaignSweep, parseCampaign } from '../model/campaign.ts';
import type { Framework } from '../model/dataplane.ts';
import type { Cpu } from '../model/inventory.ts';
import { type PlannedCase, PlannedCaseSchema } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { groupKey, groupOf } from '../stats/group.ts';
import { expandCampaign, expandTogether } from './expand.ts';
import type { SwitchOffer, TestbedOffer } from './offer.ts';

function built(name: string, kernelInterface: boolean, why: string | null = null): Extract<Framework, { built: true }> {
  return {
    name,
    title: name.toUpperCase(),
    built: true,
    usable: why === null,
    why,
    whole_frames: false,
    super_packets: false,
    can_block: true,
    ports: kernelInterface ? ['netdev'] : [],
    hugepage_bytes: 0,
    jumbo_hugepage_bytes: 0,
    flow_fields: ['udp-port', 'ip', 'mac', 'vlan'],
    headers: ['vlan', 'qinq', 'ip6'],
    answers_to_any_port: true,
    mixed_sizes: true,
    ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
  };
}

const udp = built('udp', true);
const raw = built('raw', true);
const afxdp = built('afxdp', true, 'the kernel has no AF_XDP; use Linux 5.10 or later');
const nothing = built('null', false);
const dpdk: Framework = { name: 'dpdk', title: 'DPDK', built: false, needs: 'libdpdk' };

function switchOffer(part: Partial<SwitchOffer> & { id: string }): SwitchOffer {
  return {
    title: part.id,
    ports: ['netdev'],
    locations: ['local', 'remote'],
    threads: 0,
    available: { ok: true, version: '1' },
    ...part,
  };
}

const direct = switchOffer({ id: 'direct', locations: ['local'], pairsMax: 2 });
const bridge = switchOffer({ id: 'linux-bridge' });
const polling = switchOffer({ id: 'polling', threads: 1 });
const absent = switchOffer({
  id: 'ovs',
  threads: 1,
  available: { ok: false, missing: 'Open vSwitch is not installed', mend: 'apt-get install openvswitch-switch' },
});
/** A switch whose ports no framework opens. */
const portless = switchOffer({ id: 'portless', ports: [] });

/** A machine, and another that is just like it. */
interface MachineOffer {
  switches: readonly SwitchOffer[];
  frameworks: readonly Framework[];
  cpus: readonly Cpu[];
  /** CPU numbers that may be used; all where absent. */
  allowedCpus?: readonly number[];
}

function testbed({ switches, frameworks, cpus, allowedCpus }: MachineOffer): TestbedOffer {
  const near = { name: 'local', switches, cpus: cpus.filter(({ id }) => allowedCpus?.includes(id) ?? true) };
  return { name: 'local', frameworks, near, far: { ...near, name: 'far' }, sameMachine: false };
}

function offer(part: Partial<MachineOffer> = {}): MachineOffer {
  return {
    switches: [direct, bridge, absent],
    frameworks: [udp, raw, afxdp, nothing, dpdk],
    cpus: plainCpus(4),
    ...part,
  };
}

/** What is asked of a campaign beyond 64-byte frames in bursts of 64. */
type Asked = Omit<Partial<Campaign>, 'sweep'> & { sweep?: Partial<CampaignSweep> };

function campaign({ sweep, ...part }: Asked = {}): Campaign {
  const parsed = parseCampaign({ burst: '64', warmup: '0', duration: '1s', trials: '1' });
  if (!parsed.ok) assert.fail(parsed.error);
  return { ...parsed.value, ...part, sweep: { ...parsed.value.sweep, ...sweep } };
}

function planned(part: Asked, machine: MachineOffer = offer()): PlannedCase[] {
  const expanded = expandCampaign(campaign(part), [testbed(machine)]);
  if (!expanded.ok) assert.fail(expanded.error);
  for (const one of expanded.value) PlannedCaseSchema.parse(one);
  return expanded.value;
}

/** `location switch io` of each case, and its reason where it is skipped. */
function told(cases: readonly PlannedCase[]): string[] {
  return cases.map(({ case: test, skipped }) => {
    const where = test.location === 'local' ? '' : `${test.location} `;
    const pairs = test.pairs === 1 ? '' : ` ${test.pairs}`;
    return `${where}${test.switch} ${test.io}${pairs}${skipped === null ? '' : `: ${skipped}`}`;
  });
}

function refused(part: Asked, machine: MachineOffer = offer()): string {
  const expanded = expandCampaign(campaign(part), [testbed(machine)]);
  if (expanded.ok) assert.fail('was accepted');
  assert.ok(!expanded.error.includes('\n'));
  return expanded.error;
}

const NO_OVS = 'Open vSwitch is not installed; apt-get install openvswitch-switch';
const NO_DPDK = 'I/O framework dpdk is not built; install libdpdk and build again (vswbench setup)';

describe('expandCampaign', () => {
  it('lets applications sleep only with frameworks that can, and never by itself', () => {
    const memory = { ...built('memory', true), can_block: false };
    const machine = offer({ frameworks: [udp, memory], switches: [bridge] });
    const why = 'applications with memory cannot sleep until a packet comes; choose --wait poll or yield';
    assert.deepEqual(told(planned({ wait: 'block' }, machine)), ['linux-bridge udp']);
    const named = planned({ wait: 'block', ios: ['udp', 'memory'] }, machine);
    assert.deepEqual(told(named), ['linux-bridge udp', `linux-bridge memory: ${why}`]);
    assert.ok(named.every((one) => one.case.wait === 'block'));
    assert.ok(planned({ pairs: [1, 4, 64] }, machine).every((one) => one.case.wait !== 'block'));
  });

  it('takes what the machine offers where nothing is named', () => {
    assert.deepEqual(told(planned({})), ['direct udp', 'direct raw', 'linux-bridge udp', 'linux-bridge raw']);
  });

  it('crosses all lists in a stable order, without duplicates', () => {
    const cases = planned({
      dimensions: ['throughput', 'latency'],
      pairs: [2, 1],
      switches: ['linux-bridge', 'direct'],
      ios: ['raw', 'udp'],
      sweep: { packetSize: [1500, 64, 1500], rate: ['max', 1000], burst: [1, 32], touch: ['full', 'none'] },
      wait: 'poll',
    });
    assert.equal(cases.length, 2 ** 8);
    assert.equal(new Set(cases.map((one) => caseKey(one.case))).size, cases.length);
    assert.deepEqual(
      cases.slice(0, 3).map((one) => caseKey(one.case)),
      [
        'throughput local 2vs2 linux-bridge raw P=1500 R=max B=1 touch=full wait=poll',
        'throughput local 2vs2 linux-bridge raw P=1500 R=max B=1 touch=none wait=poll',
        'throughput local 2vs2 linux-bridge raw P=1500 R=max B=32 touch=full wait=poll',
      ],
    );
    assert.equal(
      caseKey(cases.at(-1)?.case ?? assert.fail()),
      'latency local 1vs1 direct udp P=64 R=1000 B=32 touch=none wait=poll',
    );
  });

  it('gives each dimension its own rate where none is given', () => {
    const cases = planned({ dimensions: ['latency', 'throughput'], switches: ['direct'], ios: ['udp'] });
    assert.deepEqual(
      cases.map(({ case: test }) => [test.dimension, test.rate]),
      [
        ['latency', 1000],
        ['throughput', 'max'],
      ],
    );
  });

  it('yields where the placement has to share CPUs, unless told what to do', () => {
    const machine = offer({ switches: [bridge, polling], cpus: offer().cpus.slice(0, 2) });
    const waits = (part: Asked, by: MachineOffer = machine) =>
      planned({ ios: ['udp'], ...part }, by).map(({ case: test }) => test.wait);
    assert.deepEqual(waits({}), ['poll', 'yield']);
    assert.deepEqual(waits({ pairs: [2] }), ['yield', 'yield']);
    assert.deepEqual(waits({ wait: 'poll' }), ['poll', 'poll']);
    assert.deepEqual(waits({}, offer({ switches: [polling] })), ['poll']);
    assert.deepEqual(waits({}, offer({ switches: [polling], allowedCpus: [1, 3] })), ['yield']);
  });

  describe('names', () => {
    it('refuses unknown ones with those that are known, and the nearest', () => {
      assert.equal(
        refused({ switches: ['linux-brigde'] }),
        "switch (-V): 'linux-brigde' is not known; known are direct, linux-bridge, ovs; did you mean 'linux-bridge'?",
      );
      assert.equal(
        refused({ ios: ['udp', 'rwa'] }),
        "io (--io): 'rwa' is not known; known are udp, raw, afxdp, null, dpdk; did you mean 'raw'?",
      );
      assert.match(refused({ ios: ['afxpd'] }), /; did you mean 'afxdp'\?$/);
    });

    it('suggests nothing that is another word', () => {
      assert.equal(
        refused({ switches: ['nosuch'] }),
        "switch (-V): 'nosuch' is not known; known are direct, linux-bridge, ovs",
      );
      assert.equal(
        refused({ switches: ['x'] }, offer({ switches: [] })),
        "switch (-V): 'x' is not known; known are none",
      );
    });
  });

  describe('what is missing', () => {
    it('is told of where it was named', () => {
      assert.deepEqual(told(planned({ switches: ['ovs', 'linux-bridge'] })), [
        `ovs udp: ${NO_OVS}`,
        `ovs raw: ${NO_OVS}`,
        'linux-bridge udp',
        'linux-bridge raw',
      ]);
      assert.deepEqual(told(planned({ switches: ['linux-bridge'], ios: ['udp', 'dpdk', 'afxdp'] })), [
        'linux-bridge udp',
        `linux-bridge dpdk: ${NO_DPDK}`,
        'linux-bridge afxdp: I/O framework afxdp cannot be used: the kernel has no AF_XDP; use Linux 5.10 or later',
      ]);
    });

    it('is told of together where more than one thing is', () => {
      assert.deepEqual(told(planned({ switches: ['ovs'], ios: ['dpdk'] })), [`ovs dpdk: ${NO_OVS}; also: ${NO_DPDK}`]);
    });

    it('concerns nobody where something else was named', () => {
      assert.deepEqual(told(planned({ ios: ['udp'] })), ['direct udp', 'linux-bridge udp']);
    });

    it('is told of where nothing is left otherwise, the least first', () => {
      const machine = offer({ switches: [absent] });
      assert.deepEqual(told(planned({}, machine)), [`ovs udp: ${NO_OVS}`, `ovs raw: ${NO_OVS}`]);
      assert.deepEqual(told(planned({ switches: ['direct'] }, offer({ frameworks: [nothing, dpdk] }))), [
        `direct dpdk: ${NO_DPDK}`,
      ]);
    });

    it('is told of before what could never fit', () => {
      const machine = offer({ switches: [portless, absent] });
      assert.deepEqual(told(planned({ ios: ['udp'] }, machine)), [`ovs udp: ${NO_OVS}`]);
    });

    it('is told of whatever was to be swept', () => {
      const cases = planned({ switches: ['ovs'], ios: ['udp'], sweep: { packetSize: [64, 128], burst: [1, 2] } });
      assert.deepEqual(new Set(cases.map((one) => one.skipped)), new Set([NO_OVS]));
      assert.equal(cases.length, 4);
    });
  });

  it('never blames a framework that could not serve the switch anyway', () => {
    // As Open vSwitch with DPDK, beside a netmap whose module is not loaded.
    const user = switchOffer({ id: 'ovs', ports: ['vhost-user'] });
    const polls: Framework = { ...built('dpdk', false), ports: ['vhost-user'], can_block: false };
    const unloaded: Framework = { ...built('netmap', false, 'the module is not loaded'), ports: ['netmap'] };
    const machine = offer({ switches: [user], frameworks: [udp, polls, unloaded] });
    const reason = 'applications with dpdk cannot sleep until a packet comes; choose --wait poll or yield';
    assert.deepEqual(told(planned({ switches: ['ovs'], wait: 'block' }, machine)), [`ovs dpdk: ${reason}`]);
    // It is told of where it fits, and where it was named.
    const ring = switchOffer({ id: 'vale', ports: ['netmap'] });
    const unusable = 'I/O framework netmap cannot be used: the module is not loaded';
    assert.deepEqual(
      told(
        planned({ switches: ['vale'], wait: 'block' }, offer({ switches: [ring], frameworks: [udp, polls, unloaded] })),
      ),
      [`vale netmap: ${unusable}`],
    );
    const [both] = told(planned({ switches: ['ovs'], ios: ['netmap'] }, machine));
    assert.match(
      both ?? '',
      /^ovs netmap: .*the module is not loaded; also: I\/O framework netmap cannot open a port of ovs /,
    );
  });

  describe('locations and pairs that a switch does not serve', () => {
    it('are left out where the switch was not named', () => {
      assert.deepEqual(told(planned({ locations: ['local', 'remote'], ios: ['udp'] })), [
        'direct udp',
        'linux-bridge udp',
        'remote linux-bridge udp',
      ]);
      assert.deepEqual(told(planned({ pairs: [2, 3], ios: ['udp'] })), [
        'direct udp 2',
        'linux-bridge udp 2',
        'linux-bridge udp 3',
      ]);
    });

    it('are told of where it was', () => {
      assert.deepEqual(told(planned({ locations: ['local', 'remote'], switches: ['direct'], ios: ['udp'] })), [
        'direct udp',
        'remote direct udp: direct does not serve location remote; it serves local',
      ]);
      assert.deepEqual(told(planned({ pairs: [3], switches: ['direct'], ios: ['udp'] })), [
        'direct udp 3: direct serves at most 2 pairs, not 3; give -S 2vs2 or less',
      ]);
    });

    it('are told of where nothing is left otherwise', () => {
      assert.deepEqual(told(planned({ locations: ['local', 'remote'], ios: ['udp'] }, offer({ switches: [direct] }))), [
        'direct udp',
        'remote direct udp: direct does not serve location remote; it serves local',
      ]);
    });
  });

  describe('kinds of port', () => {
    const shared: Framework = { ...built('dpdk', false), ports: ['vhost-user', 'memif'] };
    const both = switchOffer({ id: 'both', ports: ['netdev', 'vhost-user', 'memif'] });
    const machine = offer({ switches: [both, bridge], frameworks: [udp, shared] });
    const ports = (part: Asked) =>
      planned(part, machine).map(
        ({ case: one, skipped }) => `${one.switch} ${one.io}/${one.port}${skipped ? ' -' : ''}`,
      );

    it('that switch and framework have in common are a case each', () => {
      assert.deepEqual(ports({}), [
        'both udp/netdev',
        'both dpdk/vhost-user',
        'both dpdk/memif',
        'linux-bridge udp/netdev',
      ]);
    });
    it('are chosen by name', () => {
      assert.deepEqual(ports({ ports: ['memif'] }), ['both dpdk/memif']);
    });
    it('that nothing has are told of', () => {
      assert.deepEqual(ports({ ports: ['memif'], switches: ['linux-bridge'], ios: ['udp'] }), [
        'linux-bridge udp/memif -',
      ]);
    });
  });

  describe('switches and frameworks that do not fit', () => {
    const reason =
      'I/O framework null cannot open a port of linux-bridge (it opens: none; the switch gives: netdev); choose another --io or -V';

    it('are left out where another framework fits', () => {
      assert.deepEqual(told(planned({ switches: ['linux-bridge'], ios: ['null', 'udp'] })), ['linux-bridge udp']);
      assert.deepEqual(told(planned({ switches: ['linux-bridge'] })), ['linux-bridge udp', 'linux-bridge raw']);
    });

    it('are told of where the user would get nothing', () => {
      assert.deepEqual(told(planned({ switches: ['linux-bridge'], ios: ['null'] })), [`linux-bridge null: ${reason}`]);
      assert.deepEqual(told(planned({ ios: ['null'] }, offer({ switches: [bridge] }))), [
        `linux-bridge null: ${reason}`,
      ]);
      assert.deepEqual(
        told(
          planned({ switches: ['linux-bridge', 'portless'], ios: ['udp'] }, offer({ switches: [bridge, portless] })),
        ),
        [
          'linux-bridge udp',
          'portless udp: I/O framework udp cannot open a port of portless (it opens: netdev; the switch gives: none); choose another --io or -V',
        ],
      );
    });
  });

  describe('on several testbeds', () => {
    const single = (part: Partial<MachineOffer> = {}, name = 'local'): TestbedOffer => {
      const { near, frameworks } = testbed(offer(part));
      return { name, frameworks, near, far: null, sameMachine: false };
    };
    const double = (
      name: string,
      part: Partial<MachineOffer> = {},
      farPart: Partial<MachineOffer> = part,
    ): TestbedOffer => {
      const [one, other] = [testbed(offer(part)), testbed(offer(farPart))];
      return { ...one, name, near: { ...one.near, name: `${name}-a` }, far: { ...other.near, name: `${name}-b` } };
    };
    const plan = (part: Asked, offers: readonly TestbedOffer[]) => {
      const expanded = expandCampaign(campaign({ ios: ['udp'], ...part }), offers);
      if (!expanded.ok) assert.fail(expanded.error);
      return expanded.value;
    };
    const places = (cases: readonly PlannedCase[]) =>
      cases.map(({ case: one }) => `${one.location} ${one.pairs} ${one.switch} ${one.packetSize}: ${one.testbed}`);

    it('a remote case needs one with two hosts', () => {
      assert.deepEqual(told(plan({ locations: ['remote'], switches: ['linux-bridge'] }, [single()])), [
        'remote linux-bridge udp: testbed local has one host; give one with two, such as --testbed netns',
      ]);
      assert.deepEqual(told(plan({ locations: ['local', 'remote'] }, [single()])), [
        'direct udp',
        'linux-bridge udp',
        'remote linux-bridge udp: testbed local has one host; give one with two, such as --testbed netns',
      ]);
      assert.deepEqual(places(plan({ locations: ['remote', 'local'] }, [single(), double('lab')])), [
        'remote 1 linux-bridge 64: lab',
        'local 1 direct 64: local',
        'local 1 linux-bridge 64: local',
      ]);
    });

    it('a switch has to be on both hosts of a remote case, and its host is named', () => {
      const here = switchOffer({ id: 'ovs' });
      const remote = { locations: ['remote' as const], switches: ['ovs'] };
      assert.deepEqual(told(plan(remote, [double('lab', { switches: [here] }, { switches: [absent] })])), [
        `remote ovs udp: on lab-b: ${NO_OVS}`,
      ]);
      assert.deepEqual(told(plan(remote, [double('lab', { switches: [absent] })])), [
        `remote ovs udp: on lab-a and lab-b: ${NO_OVS}`,
      ]);
      assert.deepEqual(told(plan(remote, [double('lab', { switches: [here] }, { switches: [] })])), [
        'remote ovs udp: on lab-b: ovs is not known there',
      ]);
      const local = { switches: ['ovs'] };
      assert.deepEqual(told(plan(local, [double('lab', { switches: [here] }, { switches: [absent] })])), ['ovs udp']);
    });

    it('what a testbed lacks that was not asked for keeps nothing from it', () => {
      const rich = single({ switches: [bridge, switchOffer({ id: 'ovs' })] }, 'rich');
      // The larger part goes first: both testbeds are idle then, and the earlier one wins.
      assert.deepEqual(places(plan({ pairs: [1, 2] }, [single({ switches: [bridge, absent] }), rich])), [
        'local 1 linux-bridge 64: local',
        'local 2 linux-bridge 64: rich',
        'local 2 ovs 64: rich',
      ]);
      // Where it was asked for, the one that has it gets all of it.
      const named = plan({ pairs: [1, 2], switches: ['ovs'] }, [single({ switches: [bridge, absent] }), rich]);
      assert.deepEqual(places(named), ['local 1 ovs 64: rich', 'local 2 ovs 64: rich']);
    });

    it('no CPU is told with its host', () => {
      const expanded = expandCampaign(campaign(), [single(), double('lab', {}, { cpus: [] })]);
      assert.ok(!expanded.ok);
      assert.match(expanded.error, /^no CPU may be used on lab-b: /);
    });

    it('each case is planned once, and none that are compared on two testbeds', () => {
      const random = seededRandom(11);
      const some = <T>(items: readonly T[]): T[] => {
        const chosen = items.filter(() => random() < 0.6);
        return chosen.length === 0 ? items.slice(0, 1) : chosen;
      };
      for (let round = 0; round < 200; round += 1) {
        const part: Asked = {
          dimensions: some(['throughput', 'latency']),
          locations: some(['local', 'remote']),
          pairs: some([1, 2, 4]),
          sweep: {
            packetSize: some([64, 512, 1500]),
            rate: some([null, ['max', 1000] as (number | 'max')[]])[0] ?? null,
            burst: some([1, 32]),
            touch: some(['full', 'none']),
          },
          ios: random() < 0.5 ? null : ['udp', 'raw'],
          switches: random() < 0.5 ? null : ['linux-bridge', 'direct'],
        };
        const offers = [
          single(),
          double('a'),
          double('b', random() < 0.5 ? {} : { switches: [direct, { ...bridge, available: absent.available }] }),
        ];
        const used = some(offers);
        const cases = plan(part, used);
        const reference = plan(part, [double('a')]);
        const bare = (one: PlannedCase) => caseKey({ ...one.case, testbed: 'local', wait: 'poll' });
        assert.equal(new Set(cases.map(bare)).size, cases.length, 'a case is planned twice');
        const known = new Set(reference.map(bare));
        assert.ok(cases.every((one) => known.has(bare(one)) || one.skipped !== null));
        if (used.includes(offers[1] ?? assert.fail()) && part.switches !== null) {
          assert.equal(cases.length, reference.length);
          assert.deepEqual(cases.map(bare), reference.map(bare), 'the order is that of the lists');
        }
        const homes = Map.groupBy(cases, ({ case: one }) => groupKey({ ...groupOf(one), testbed: 'local' }));
        for (const [group, members] of homes) {
          assert.equal(new Set(members.map((one) => one.case.testbed)).size, 1, `${group} is on two testbeds`);
        }
        assert.deepEqual(plan(part, used), cases, 'a second time it is the same');
      }
    });

    it('equal testbeds get equal parts', () => {
      const cases = plan({ pairs: [1, 2, 3, 4], switches: ['linux-bridge'] }, [single(), single({}, 'b')]);
      const counts = [...Map.groupBy(cases, (one) => one.case.testbed).values()].map(({ length }) => length);
      assert.deepEqual(counts, [2, 2]);
    });
  });

  it('refuses a slip of the pen that would plan for ever', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => index + 64);
    const error = refused({ sweep: { packetSize: many(1000), rate: many(1000), burst: many(900) } });
    assert.match(error, /^the campaign has 3600000000 test cases; at most 100000 are allowed/);
  });

  it('refuses to plan without a CPU', () => {
    assert.match(refused({}, offer({ allowedCpus: [] })), /^no CPU may be used/);
    assert.match(refused({}, offer({ allowedCpus: [9] })), /^no CPU may be used/);
  });
});

describe('expandTogether', () => {
  const sizes = campaign({ switches: ['linux-bridge'], ios: ['udp'], sweep: { packetSize: [64, 1500] } });
  const pairs = campaign({ switches: ['linux-bridge', 'ovs'], ios: ['udp'], pairs: [1, 2] });

  it('has a case that several campaigns share once, and what cannot run with its reason', () => {
    const together = expandTogether([sizes, pairs], [testbed(offer())]);
    if (!together.ok) assert.fail(together.error);
    const words = together.value.map(
      ({ case: one, skipped }) => `${one.switch} ${one.pairs} ${one.packetSize}${skipped === null ? '' : ' skipped'}`,
    );
    assert.deepEqual(words, [
      ...['linux-bridge 1 64', 'linux-bridge 1 1500'],
      ...['ovs 1 64 skipped', 'linux-bridge 2 64', 'ovs 2 64 skipped'],
    ]);
  });
  it('is refused where one of them is', () => {
    const strange = campaign({ switches: ['no-such-switch'] });
    const together = expandTogether([sizes, strange], [testbed(offer())]);
    assert.ok(!together.ok && together.error.includes('no-such-switch'));
  });
});
