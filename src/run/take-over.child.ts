// SPDX-License-Identifier: Apache-2.0
// A process that cleans up for a vswbench that stands still (watchdog.ts): `take-over.child.ts SESSION LINE` undoes here what that run did, and
// says the line.
import { localHost } from '../host/local.ts';
import { takeOver } from './journal.ts';

const [session = '', line = ''] = process.argv.slice(2);
const { undone, complaints, notices } = await takeOver(localHost, session);
for (const one of [...complaints, ...notices]) tell(one);
tell(line);
if (complaints.length > 0)
  tell(`vswbench: ${complaints.length} of ${undone} steps could not be undone: run 'vswbench clean'`);

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
