// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../../test/fixtures/host.ts';
import { localHost } from '../../host/local.ts';
import { findProgram } from './program.ts';

const VPP = { name: 'vpp', variable: 'VSWBENCH_VPP' };

describe('finding the program of a switch', () => {
  it('takes the path that the environment names, and does not look on', async (t) => {
    const host = new FakeHost(t).answer(/^printenv VSWBENCH_VPP$/, { stdout: '/opt/vpp/bin/vpp\n' });
    assert.equal(await findProgram(host, VPP), '/opt/vpp/bin/vpp');
  });
  it('looks on the PATH where the environment names none', async (t) => {
    const host = new FakeHost(t)
      .answer(/^printenv /, { exitCode: 1 })
      .answer(/^sh -c command -v .* vpp$/, { stdout: '/usr/bin/vpp\n' });
    assert.equal(await findProgram(host, VPP), '/usr/bin/vpp');
  });
  it('finds none where there is none', async (t) => {
    const host = new FakeHost(t).answer(/^printenv /, { exitCode: 1 }).answer(/^sh -c /, { exitCode: 127 });
    assert.equal(await findProgram(host, VPP), null);
  });
  it('does so on a real machine', async () => {
    const variable = 'VSWBENCH_NO_SUCH_VARIABLE';
    assert.match((await findProgram(localHost, { name: 'sh', variable })) ?? '', /^\/.*\/sh$/);
    assert.equal(await findProgram(localHost, { name: 'vswbench-no-such-program', variable }), null);
    // A word of the shell is no program.
    assert.equal(await findProgram(localHost, { name: 'exit', variable }), null);
  });
});
