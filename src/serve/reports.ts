// SPDX-License-Identifier: Apache-2.0
// The report of a campaign, as `vswbench report` writes it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, complaintOf, type Program } from './command.ts';
import { Complained } from './complained.ts';

/** So many are kept: a report of a thousand cases has megabytes, and takes seconds. */
const KEPT_MAX = 4;

export class Reports {
  private readonly program: Program;
  private readonly kept = new Map<string, string>();

  constructor(program: Program) {
    this.program = program;
  }

  /** `state` tells whether what is kept is still true. */
  async of(id: string, state: string, signal: AbortSignal): Promise<string> {
    const key = `${id} ${state}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const page = await this.write(id, signal);
    this.kept.set(key, page);
    for (const oldest of [...this.kept.keys()].slice(0, -KEPT_MAX)) this.kept.delete(oldest);
    return page;
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
