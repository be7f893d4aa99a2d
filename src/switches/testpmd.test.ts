// SPDX-License-Identifier: Apache-2.0
// What testpmd of DPDK 22.11 prints. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { mangled, numbersIn } from '../../test/fixtures/fuzz.ts';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { PromptLanguage, reasonOf, type TestpmdPort, testpmd } from './testpmd.ts';

const ANSWER = `testpmd> show fwd stats all

  ---------------------- Forward statistics for port 0  ----------------------
  RX-packets: 3508608        RX-dropped: 0             RX-total: 3508608
  TX-packets: 1              TX-dropped: 0             TX-total: 1
  ----------------------------------------------------------------------------

  ---------------------- Forward statistics for port 1  ----------------------
  RX-packets: 1              RX-dropped: 0             RX-total: 1
  TX-packets: 2011552        TX-dropped: 1497056       TX-total: 3508608
  ----------------------------------------------------------------------------

  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++
  RX-packets: 3508609        RX-dropped: 0             RX-total: 3508609
  TX-packets: 2011553        TX-dropped: 1497056       TX-total: 3508609
  ++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++
testpmd> show port summary all
Number of available ports: 2
Port MAC Address       Name         Driver         Status   Link
0    56:48:4F:53:54:00 net_vhost0   net_vhost      up       10 Gbps
1    56:48:4F:53:54:01 net_vhost1   net_vhost      down     10 Gbps`.split('\n');

function answerIn(lines: readonly string[]): TestpmdPort[] {
  const language = new PromptLanguage(2, () => undefined);
  const answers = lines.map((line) => language.take(line)).filter((answer) => answer !== null && answer !== 'ready');
  assert.equal(answers.length, 1);
  return answers[0] ?? assert.fail();
}

describe('what testpmd prints', () => {
  it('is the counters of its ports, and who is connected', () => {
    assert.deepEqual(answerIn(ANSWER), [
      { inPackets: 3508608, outPackets: 1, droppedPackets: 0, up: true },
      { inPackets: 1, outPackets: 2011552, droppedPackets: 1497056, up: false },
    ]);
  });

  it('is asked for by two commands, and first tells that it forwards', () => {
    const sent: string[] = [];
    const language = new PromptLanguage(2, (line) => sent.push(line));
    assert.equal(language.take('Start automatic packet forwarding'), null);
    assert.equal(language.take('  io packet forwarding packets/burst=32'), 'ready');
    language.ask();
    assert.deepEqual(sent, ['show fwd stats all', 'show port summary all']);
  });

  it('is refused where something is missing, or is of a port that it does not have', () => {
    for (const gone of [/port 0 {2}/, /TX-packets: 2011552/, /^0 /]) {
      assert.throws(() => answerIn(ANSWER.filter((line) => !gone.test(line))), HostError, String(gone));
    }
    assert.throws(() => answerIn(ANSWER.map((line) => line.replace('for port 1', 'for port 7'))), HostError);
  });

  it('mangled in any way, is refused, passed over or taken by its letters: no number is invented', () => {
    const random = seededRandom(20261128);
    let taken = 0;
    for (let round = 0; round < 2000; round += 1) {
      const text = mangled(ANSWER.join('\n'), random);
      const language = new PromptLanguage(2, () => undefined);
      const written = numbersIn(text);
      for (const line of text.split('\n')) {
        let answer: ReturnType<PromptLanguage['take']>;
        try {
          answer = language.take(line);
        } catch (error) {
          assert.ok(error instanceof HostError, `${line}: ${error}`);
          break;
        }
        if (answer === null || answer === 'ready') continue;
        taken += 1;
        for (const number of numbersIn(JSON.stringify(answer))) assert.ok(written.has(number), `${number} in ${text}`);
      }
    }
    assert.ok(taken > 100, `only ${taken} answers were taken`);
  });

  it('when it gives up is the reason', () => {
    assert.equal(
      reasonOf('EAL: FATAL: Cannot get hugepage information.\nEAL: Error'),
      'Cannot get hugepage information.',
    );
    assert.equal(reasonOf('EAL: Error - exiting with code: 1\n  Cause: Cannot init EAL\n'), 'Cannot init EAL');
  });
});

describe('testpmd', () => {
  it('names the package where it is not installed', async (t) => {
    const host = new FakeHost(t).answer(/^printenv /, { exitCode: 1 }).answer(/^sh -c command/, { exitCode: 1 });
    const probed = await testpmd.probe(host);
    assert.ok(!probed.available && /dpdk-dev/.test(probed.mend ?? ''));
  });

  it('needs a CPU of its own', async (t) => {
    const host = new FakeHost(t)
      .answer(/^printenv /, { exitCode: 1 })
      .answer(/^sh -c command/, { stdout: '/usr/bin/dpdk-testpmd\n' });
    await assert.rejects(testpmd.start(switchContext(host, { ports: [], cpus: [] })), RangeError);
  });
});
