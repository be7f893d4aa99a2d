// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Campaign, type CampaignFile, CampaignFileSchema, parseCampaign } from './campaign.ts';
import { listsOf } from './fields.ts';
import { CELL_KEYS } from './parameters.ts';
import { objectiveName, writtenObjective } from './search.ts';

function campaignOf(file: CampaignFile): Campaign {
  const parsed = parseCampaign(file);
  if (!parsed.ok) assert.fail(parsed.error);
  return parsed.value;
}

function errorOf(file: CampaignFile): string {
  const parsed = parseCampaign(file);
  if (parsed.ok) assert.fail('was accepted');
  assert.equal(parsed.error, parsed.error.trim().split('\n')[0], 'one line without white space at its ends');
  return parsed.error;
}

describe('parseCampaign', () => {
  it('fills in defaults, and leaves open what the machine decides', () => {
    assert.deepEqual(campaignOf({}), {
      title: null,
      dimensions: ['throughput'],
      locations: ['local'],
      pairs: [1],
      switches: null,
      ios: null,
      ports: null,
      sweep: listsOf(CELL_KEYS, () => null),
      cpus: null,
      wait: 'auto',
      warmupMs: 500,
      warmupAuto: false,
      durationMs: 3000,
      trials: 6,
      precision: null,
      search: null,
      repeat: 'disturbed',
      reuse: false,
      fcs: false,
      tune: ['off'],
      hostNetwork: false,
      seed: null,
      testbeds: ['local'],
      testbedSpecs: {},
    });
  });

  it('reads every field, lists among them', () => {
    const lab = { near: { host: 'local', uplink: 'eth1' }, far: { host: 'lab@far', uplink: 'eth1' } };
    const file: CampaignFile = {
      title: 'all',
      dimension: 'throughput,latency,capacity',
      objective: 'loss=0.1%,loss=0',
      width: '2%',
      durationSum: '10s',
      budget: '2min',
      location: 'local, remote',
      pairs: '1vs1,4vs4',
      switch: 'linux-bridge, ovs',
      io: 'udp,raw-mmsg',
      packetSize: '68..260/64,1504',
      fcs: 'true',
      rate: 'max,1M..3M/1M,1.5k',
      burst: '1,32',
      touch: 'full,none',
      wait: 'poll',
      warmup: '1s',
      duration: '1m',
      trials: '10',
      precision: '2.5 %',
      repeat: 'none',
      reuse: 'true',
      tune: 'governor, irqs',
      maxTrials: '40',
      seed: '4294967295',
      hostNetwork: 'true',
      testbed: 'lab, netns',
      testbeds: { lab },
    };
    assert.deepEqual(campaignOf(file), {
      title: 'all',
      dimensions: ['throughput', 'latency', 'capacity'],
      locations: ['local', 'remote'],
      pairs: [1, 4],
      switches: ['linux-bridge', 'ovs'],
      ios: ['udp', 'raw-mmsg'],
      ports: null,
      sweep: {
        ...listsOf(CELL_KEYS, () => null),
        packetSize: [64, 128, 192, 256, 1500],
        rate: ['max', 1e6, 2e6, 3e6, 1500],
        burst: [1, 32],
        touch: ['full', 'none'],
      },
      cpus: null,
      wait: 'poll',
      warmupMs: 1000,
      warmupAuto: false,
      durationMs: 60_000,
      trials: 10,
      precision: { ratio: 0.025, trialsMax: 40 },
      search: {
        objectives: [
          { figure: 'loss', mostRatio: 0.001 },
          { figure: 'loss', mostRatio: 0 },
        ],
        ...{ widthRatio: 0.02, durationSumMs: 10_000, exceedRatio: 0.5, budgetMs: 120_000 },
      },
      repeat: 'none',
      reuse: true,
      fcs: true,
      tune: ['governor', 'irqs'],
      seed: 4_294_967_295,
      hostNetwork: true,
      testbeds: ['lab', 'netns'],
      testbedSpecs: { lab },
    });
  });

  it('goes on for a precision up to 30 trials, or to those asked for', () => {
    assert.deepEqual(campaignOf({ precision: '2%' }).precision, { ratio: 0.02, trialsMax: 30 });
    assert.deepEqual(campaignOf({ precision: '0.1%', trials: '50' }).precision, { ratio: 0.001, trialsMax: 50 });
    assert.deepEqual(campaignOf({ precision: '50%', maxTrials: '6' }).precision, { ratio: 0.5, trialsMax: 6 });
  });

  it('reads objectives as they are written, each once', () => {
    const objectives = 'loss=0,loss=0.5%,p999=100us,p99=0.05ms,cpu=1.5';
    const read = (objective: string) => campaignOf({ dimension: 'capacity', objective }).search?.objectives ?? [];
    assert.deepEqual(read(objectives).map(writtenObjective), [
      ...['loss=0', 'loss=0.5%', 'p999=100us', 'p99=50us', 'cpu=1.5'],
    ]);
    assert.deepEqual(read('p99=50us,p99=50000ns,loss=0%,loss=0').map(objectiveName), ['p99 ≤ 50 µs', 'NDR']);
    assert.deepEqual(read(objectives).map(objectiveName), [
      'NDR',
      'PDR',
      'p99.9 ≤ 100 µs',
      'p99 ≤ 50 µs',
      'CPUs ≤ 1.5',
    ]);
  });

  it('plans nothing twice', () => {
    const campaign = campaignOf({
      pairs: '2vs2,2vs2',
      switch: 'ovs,ovs',
      rate: 'max,1k,1000,max',
      dimension: 'latency,latency',
    });
    assert.deepEqual(campaign.pairs, [2]);
    assert.deepEqual(campaign.switches, ['ovs']);
    assert.deepEqual(campaign.sweep.rate, ['max', 1000]);
    assert.deepEqual(campaign.dimensions, ['latency']);
  });

  const bad: [CampaignFile, RegExp][] = [
    [{ dimension: 'speed' }, /^dimension \(-D\): 'speed' is not one of throughput, latency, capacity, burst, churn$/],
    [{ width: '1%' }, /^width \(--width\): only searches have it; call 'vswbench search', or add -D capacity$/],
    [{ objective: 'loss=0' }, /^objective \(--objective\): only searches have it/],
    [
      { dimension: 'capacity', objective: 'loss=0.5' },
      /^objective \(--objective\): 'loss=0.5' is not an objective \(examples: loss=0, loss=0.5%, p999=100us, p99=50us, cpu=1.5\)$/,
    ],
    [{ dimension: 'capacity', objective: 'p999=100' }, /'p999=100' is not an objective/],
    [{ dimension: 'capacity', objective: 'cpu=0' }, /'cpu=0' is not an objective/],
    [{ dimension: 'capacity', objective: 'loss=100%' }, /'loss=100%' is met by every rate; give less than 100%$/],
    [{ dimension: 'capacity', width: '0.01%' }, /^width \(--width\): 0.01% is out of range; give 0.05% to 50%$/],
    [{ dimension: 'capacity', width: 'narrow' }, /^width \(--width\): 'narrow' is not a percentage, such as 2%$/],
    [{ dimension: 'capacity', budget: '10ms' }, /^budget \(--budget\): '10ms' is out of range/],
    [{ location: '' }, /^location \(-L\): '' is not one of local, remote$/],
    [{ pairs: '4' }, /^pairs \(-S\): '4' is not NvsN.*1vs1, 4vs4/],
    [
      { pairs: '1vs2..4vs4' },
      /^pairs \(-S\): '1vs2\.\.4vs4' is not a range \(examples: 1vs1\.\.4vs4, 2vs2\.\.8vs8\/2\)$/,
    ],
    [{ pairs: '1..4..8' }, /^pairs \(-S\): '1\.\.4\.\.8' is not a range/],
    [{ pairs: '4vs4..1vs1' }, /^pairs \(-S\): range '4\.\.1\/1' is empty/],
    [{ pairs: '1..129' }, /^pairs \(-S\): 129 is out of range; give 1 to 128$/],
    [{ pairs: '1vs2' }, /^pairs \(-S\): '1vs2' is not NvsN/],
    [{ pairs: '0vs0' }, /^pairs \(-S\): 0 is out of range; give 1 to 128$/],
    [{ pairs: '129vs129' }, /^pairs \(-S\): 129 is out of range; give 1 to 128$/],
    [{ switch: '' }, /^switch \(-V\): '' is not a name/],
    [{ testbed: '' }, /^testbed \(--testbed\): '' is not a name of a testbed \(lower-case letters, digits and '-'\)$/],
    [{ testbed: 'lab,-x' }, /^testbed \(--testbed\): '-x' is not a name/],
    [{ testbed: 'a'.repeat(33) }, /^testbed \(--testbed\): 'a+' is not a name/],
    [{ switch: 'OVS' }, /^switch \(-V\): 'OVS' is not a name \(lower-case/],
    [{ io: 'udp,' }, /^io \(--io\): '' is not a name/],
    [
      { packetSize: '40' },
      /^packetSize \(-P\): 40 is out of range; give 60 to 9014 bytes of the whole Ethernet frame without its FCS \(RFC 2544's 64 and 1518 are 60 and 1514; --fcs takes them as they are\)$/,
    ],
    [
      { packetSize: '60', fcs: 'true' },
      /^packetSize \(-P\): 60 is out of range; give 64 to 9018 bytes of the whole Ethernet frame with its FCS/,
    ],
    [{ fcs: 'yes' }, /^fcs \(--fcs\): 'yes' is not one of true, false$/],
    [{ packetSize: '64..9015/8951' }, /^packetSize \(-P\): 9015 is out of range/],
    [{ packetSize: 'big' }, /^packetSize \(-P\): 'big' is not a number/],
    [
      { rate: 'max,1,5M' },
      /^rate \(-R\): '1,5M' reads as 1 and 5 M, or as 1\.5 M; for one number write 1\.5M, for two 1,5000000$/,
    ],
    [{ packetSize: '1,5k' }, /^packetSize \(-P\): '1,5k' reads as 1 and 5 k, or as 1\.5 k/],
    [{ rate: '0' }, /^rate \(-R\): 0 is out of range; give 1 to 1G packets\/s, or 'max'/],
    [{ rate: '2G' }, /^rate \(-R\): 2000000000 is out of range/],
    [{ rate: 'fast' }, /^rate \(-R\): 'fast' is not a number.*nor is it 'max'$/],
    [{ burst: '0' }, /^burst \(-B\): 0 is out of range; give 1 to 1024 packets$/],
    [{ touch: 'some' }, /^touch \(--touch\): 'some' is not one of full, none$/],
    [{ wait: 'sleep' }, /^wait \(--wait\): 'sleep' is not one of auto, poll, yield, block$/],
    [{ warmup: 'soon' }, /^warmup: 'soon' is not a duration/],
    [{ duration: '199ms' }, /^duration: '199ms' is out of range; give 200ms to 24h$/],
    [{ duration: '25h' }, /^duration: '25h' is out of range/],
    [{ trials: '0' }, /^trials: 0 is out of range; give 1 to 10000$/],
    [{ trials: '3,5' }, /^trials: give one number, not '3,5'$/],
    [{ trials: '1.5' }, /^trials: '1\.5' is not a whole number$/],
    [{ precision: '2' }, /^precision: '2' is not a percentage, such as 2%$/],
    [{ precision: 'narrow%' }, /^precision: 'narrow%' is not a percentage/],
    [{ precision: '0%' }, /^precision: 0% is out of range; give 0\.1% to 50%$/],
    [{ precision: '51%' }, /^precision: 51% is out of range/],
    [{ precision: '2%', trials: '5' }, /^trials: 5 are too few for a precision; give 6 or more$/],
    [{ precision: '2%', trials: '10', maxTrials: '9' }, /^maxTrials: 9 is less than the 10 trials/],
    [{ maxTrials: '9' }, /^maxTrials requires a precision: add precision 2%$/],
    [{ seed: '-1' }, /^seed: '-1' is not a number/],
    [{ seed: '4294967296' }, /^seed: 4294967296 is out of range; give 0 to 4294967295$/],
  ];
  for (const [file, expected] of bad) {
    it(`refuses ${JSON.stringify(file)}`, () => assert.match(errorOf(file), expected));
  }

  it('refuses a burst that is due less often than once a window, with the mend', () => {
    const refused = (file: CampaignFile) => {
      const parsed = parseCampaign(file);
      return parsed.ok ? '' : parsed.error;
    };
    const slow = { dimension: 'latency', rate: '10', burst: '64' };
    assert.equal(
      refused(slow),
      'burst (-B): at 10 packets/s a burst of 64 is due each 6.4 s, longer than the window of 3 s; give -B 1 or a longer --duration',
    );
    assert.match(refused({ ...slow, burst: '1', rate: '1', duration: '500ms' }), /; give a longer --duration$/);
    assert.match(refused({ rate: '1M,20', burst: '1,64' }), /at 20 packets\/s a burst of 64 is due each 3\.2 s/);
    assert.equal(refused({ ...slow, duration: '6.4s' }), '');
    assert.equal(refused({ dimension: 'latency', rate: '10' }), '');
    assert.equal(refused({ rate: 'max', burst: '1024', duration: '200ms' }), '');
  });
  it('takes a warm-up that finds its own end, within half a minute', () => {
    const { warmupMs, warmupAuto } = campaignOf({ warmup: 'auto' });
    assert.deepEqual([warmupMs, warmupAuto], [30_000, true]);
  });

  it('takes every value at the end of its range', () => {
    const least = campaignOf({
      packetSize: '60',
      rate: '5',
      burst: '1',
      trials: '1',
      seed: '0',
      warmup: '0',
      duration: '200ms',
    });
    assert.deepEqual([least.sweep.packetSize, least.sweep.rate, least.sweep.burst, least.trials], [[60], [5], [1], 1]);
    assert.deepEqual([least.seed, least.warmupMs, least.durationMs], [0, 0, 200]);
    const most = campaignOf({
      packetSize: '9014',
      rate: '1G',
      burst: '1024',
      trials: '10000',
      pairs: '128vs128',
      duration: '24h',
    });
    assert.deepEqual(
      [most.sweep.packetSize, most.sweep.rate, most.sweep.burst, most.trials],
      [[9014], [1e9], [1024], 10_000],
    );
    assert.deepEqual([most.pairs, most.durationMs], [[128], 86_400_000]);
  });
});

describe('CampaignFileSchema', () => {
  it('takes scalars, comma-separated text and lists alike', () => {
    const read = (file: unknown) => campaignOf(CampaignFileSchema.parse(file)).sweep.packetSize;
    assert.deepEqual(read({ packetSize: 64 }), [64]);
    assert.deepEqual(read({ packetSize: '64,128' }), [64, 128]);
    assert.deepEqual(read({ packetSize: [64, '128..256/64'] }), [64, 128, 192, 256]);
    // In a list nothing can be a decimal comma.
    assert.deepEqual(read({ packetSize: [500, '1k'] }), [500, 1000]);
    assert.deepEqual(read({ packetSize: ['64,128', 256] }), [64, 128, 256]);
    assert.match(errorOf({ packetSize: ['64', '1,5k'] }), /^packetSize \(-P\): '1,5k' reads as 1 and 5 k/);
    assert.equal(campaignOf({ cpus: ['0-1', '3'] }).cpus, '0-1,3');
    assert.equal(campaignOf({ cpus: ['0-1', '4-N'] }).cpus, '0-1,4-N');
    assert.equal(campaignOf({ cpus: '0-7:2/4' }).cpus, '0-1,4-5');
    assert.match(
      errorOf({ cpus: '0x1,00000000' }),
      /^cpus \(--cpus\): '0x1,00000000' is a mask, and not a list of CPUs: give 32$/,
    );
  });

  it('takes sizes with the FCS where the file says so', () => {
    const read = (file: unknown) => campaignOf(CampaignFileSchema.parse(file)).sweep.packetSize;
    assert.deepEqual(read({ packetSize: [64, 1518], fcs: true }), [60, 1514]);
    assert.equal(read({ fcs: true }), null);
    assert.deepEqual(read({ packetSize: 64, fcs: false }), [64]);
  });

  it('takes ranges of pairs', () => {
    const read = (pairs: string) => campaignOf({ pairs }).pairs;
    assert.deepEqual(read('1vs1..4vs4'), [1, 2, 3, 4]);
    assert.deepEqual(read('1..4/1'), [1, 2, 3, 4]);
    assert.deepEqual(read('2vs2..8vs8/2, 1vs1'), [2, 4, 6, 8, 1]);
  });

  it('refuses unknown keys, empty lists and nested values', () => {
    for (const file of [{ packetsize: 64 }, { io: [] }, { io: [['udp']] }, { switch: null }, [], 'udp']) {
      assert.equal(CampaignFileSchema.safeParse(file).success, false, JSON.stringify(file));
    }
  });
});
