// SPDX-License-Identifier: Apache-2.0
// Other vswbench commands, run for the browser: what takes seconds of CPU time is not done where everybody waits for answers.
import { spawn } from 'node:child_process';

/** How vswbench is called, and where its results are. */
export interface Program {
  command: readonly [string, ...string[]];
  environment: NodeJS.ProcessEnv;
}

export interface Answered {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Of a report with thousands of cases. */
const OUTPUT_MAX_BYTES = 256 * 2 ** 20;

/** Runs a command to its end; it is ended with `signal`. */
export function answerOf(
  { command, environment }: Program,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Answered> {
  const [file, ...first] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...first, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'], signal });
    const out: Buffer[] = [];
    const said: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > OUTPUT_MAX_BYTES) child.kill();
      else out.push(part);
    });
    child.stderr.on('data', (part: Buffer) => said.push(part));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(said).toString() }),
    );
  });
}

/** The one line that a command has ended with. */
export function complaintOf({ stderr, code }: Pick<Answered, 'stderr' | 'code'>): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last.replace(/^vswbench: /, '') || `it ended with exit code ${code ?? 'none'}`;
}
