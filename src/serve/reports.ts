// SPDX-License-Identifier: Apache-2.0
// The report of a campaign, and its parts, as `vswbench report` writes them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, complaintOf, type Program } from './command.ts';
import { Complained } from './complained.ts';
import { Kept } from './kept.ts';

/** A report of a thousand cases has megabytes, and takes seconds; each filter has parts of its own. */
const KEPT_MAX = 8;

export class Reports {
  private readonly program: Program;
  private readonly kept = new Kept(KEPT_MAX);

  constructor(program: Program) {
    this.program = program;
  }

  /** `state` tells whether what is kept is still true. */
  of(id: string, state: string, signal: AbortSignal): Promise<string> {
    return this.kept.of(`page ${id}`, state, () => this.write(id, signal));
  }

  /** A `ReportParts` as text, of the cases that have one of the values of each parameter: `switch=ovs`. */
  parts(id: string, state: string, only: readonly string[], signal: AbortSignal): Promise<string> {
    return this.kept.of(`parts ${id} ${JSON.stringify(only)}`, state, async () => {
      const told = await answerOf(
        this.program,
        ['report', id, '--parts', ...only.map((one) => `--only=${one}`)],
        signal,
      );
      if (told.code !== 0) throw new Complained(422, complaintOf(told));
      return told.stdout;
    });
  }

  private async write(id: string, signal: AbortSignal): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'vswbench-serve-'));
    try {
      const told = await answerOf(this.program, ['report', id, '--out', folder], signal);
      if (told.code !== 0) throw new Complained(422, complaintOf(told));
      return await readFile(join(folder, `${id}.html`), 'utf8');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
