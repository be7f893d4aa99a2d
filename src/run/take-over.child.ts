// SPDX-License-Identifier: Apache-2.0
// A process that cleans up for a vswbench that stands still (watchdog.ts): `take-over.child.ts SESSION LINE` undoes here what that run did, says
// the line, and ends who started programs in its stead.
import { localHost } from '../host/local.ts';
import { endChildren } from '../host/process.ts';
import { takeOver } from './journal.ts';

const [session = '', line = ''] = process.argv.slice(2);
const { undone, complaints, notices } = await takeOver(localHost, session);
for (const one of [...complaints, ...notices]) tell(one);
tell(line);
if (complaints.length > 0)
  tell(`vswbench: ${complaints.length} of ${undone} steps could not be undone: run 'vswbench clean'`);
// It would end by itself, but after its parent, whose end says that all is done.
const kept = await endChildren(localHost, process.ppid, 'hostagent');
if (kept !== null) tell(kept);

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
