// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { parseCampaign } from '../model/campaign.ts';
import { CARD_PARTS, type CardSubject } from '../model/card.ts';
import { CARD_OWN, cardCampaign, cardSubjects } from './card.ts';

const SUBJECT: CardSubject = { switch: 'ovs', io: 'dpdk', port: 'vhost-user', parts: {} };

const planned = (id: string, io: string, skipped: string | null = null) => ({
  case: testCase({ switch: id, io, port: io === 'dpdk' ? 'vhost-user' : 'netdev', dimension: 'capacity' }),
  skipped,
});

describe('cardSubjects', () => {
  const cases = [
    planned('linux-bridge', 'udp'),
    planned('linux-bridge', 'raw-mmsg'),
    planned('ovs', 'dpdk'),
    planned('ovs', 'null', 'no'),
    planned('vpp', 'dpdk', 'not installed'),
  ];
  it('has a page for each switch, of the framework that shows most of it', () => {
    assert.deepEqual(
      cardSubjects(cases, false).map(({ switch: id, io }) => [id, io]),
      [
        ['linux-bridge', 'raw-mmsg'],
        ['ovs', 'dpdk'],
      ],
    );
  });
  it('has one for each framework that was asked for', () => {
    assert.deepEqual(
      cardSubjects(cases, true).map(({ io }) => io),
      ['raw-mmsg', 'udp', 'dpdk'],
    );
  });
});

describe('cardCampaign', () => {
  const fieldsOf = (part: (typeof CARD_PARTS)[number], asked = {}, pdrPps: number | null = 1_000_000) => {
    const fields = cardCampaign(part, SUBJECT, asked, { ndrPps: 300_000, pdrPps });
    assert.ok(!('skipped' in fields));
    return fields;
  };

  it('is a campaign for each part, whatever goes with it', () => {
    for (const asked of [{}, { packetSize: '1500', budget: '10s', objective: 'p999=100us', trials: '2', ip: '6' }]) {
      for (const part of CARD_PARTS) {
        const parsed = parseCampaign(fieldsOf(part, asked));
        assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
        assert.deepEqual(
          [parsed.value.switches, parsed.value.ios, parsed.value.ports],
          [['ovs'], ['dpdk'], ['vhost-user']],
        );
      }
    }
  });

  it('looks for NDR and PDR, and for what else was asked for once', () => {
    assert.equal(fieldsOf('capacity', { objective: 'p99=50us,loss=0' }).objective, 'loss=0,loss=0.5%,p99=50us');
  });

  it('has loads at shares of what was found, and none where nothing was', () => {
    assert.equal(fieldsOf('load').rate, '100000,500000,900000');
    assert.equal(fieldsOf('delay').background, 'none,100000,500000,900000');
    assert.equal(fieldsOf('delay').rate, '5000');
    assert.equal(fieldsOf('delay', {}, 3000).rate, '300');
    assert.equal(fieldsOf('delay', {}, 3).background, 'none,2,2,3');
    assert.equal(fieldsOf('churn').rate, '150000');
    for (const part of ['load', 'delay', 'churn'] as const) {
      const nothing = { ndrPps: null, pdrPps: null };
      assert.deepEqual(Object.keys(cardCampaign(part, SUBJECT, {}, nothing)), ['skipped']);
    }
  });

  it('lets nobody change what makes a part', () => {
    for (const part of CARD_PARTS) {
      const own = fieldsOf(part);
      const other = fieldsOf(part, { switch: 'vpp', io: 'udp', port: 'memif' });
      assert.deepEqual(other, own);
    }
    assert.ok(CARD_OWN.every((key) => !['switch', 'io', 'port', 'packetSize'].includes(key)));
  });
});
