// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostError } from '../host/host.ts';
import { BusyError } from '../run/journal.ts';
import { CliError, EXIT } from './errors.ts';
import { explain } from './explain.ts';

test('another vswbench on the machine is no failure of a trial: nothing can be measured here now', (t) => {
  t.mock.method(process.stderr, 'write', () => true);
  assert.equal(explain(new BusyError('another vswbench')), EXIT.nothingMeasurable);
  assert.equal(explain(new HostError('no')), EXIT.trialFailed);
  assert.equal(explain(new CliError(EXIT.usage, 'no')), EXIT.usage);
});
