// SPDX-License-Identifier: Apache-2.0
// What a worker measures with on real machines: each of its wishes is a process of its own, whose crash is not the worker's.
import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { type Bench, BenchError } from '../fleet/bench.ts';
import { type Answer, AnswerSchema, type Asked } from './fleet-messages.ts';

const CHILD = resolve(import.meta.dirname, 'fleet-bench.child.ts');

export const realBench: Bench = {
  async look(testbed, signal) {
    const answer = await ask({ ask: 'look', testbed }, signal);
    if (answer.answer !== 'seen') throw unexpected(answer);
    return answer.look;
  },
  async prepare(testbed, { campaignText }, signal) {
    const answer = await ask({ ask: 'prepare', testbed, campaignText }, signal);
    if (answer.answer === 'refused') return { ok: false, reason: answer.reason };
    if (answer.answer !== 'planned') throw unexpected(answer);
    return { ok: true, campaign: answer.campaign };
  },
  async carryOut({ toRound, ...work }, saved, signal) {
    const asked: Asked = { ask: 'carry-out', ...work, toRound: Number.isFinite(toRound) ? toRound : null };
    const answer = await ask(asked, signal, saved);
    signal.throwIfAborted();
    if (answer.answer !== 'ended') throw unexpected(answer);
  },
};

/** Asks a new process, and waits for its last word. What it says to people is said beside ours. Throws BenchError, or the signal's reason. */
async function ask(
  asked: Asked,
  signal: AbortSignal,
  saved: (trial: { caseIndex: number; ordinal: number }) => void = () => undefined,
): Promise<Exclude<Answer, { answer: 'saved' | 'failed' }>> {
  signal.throwIfAborted();
  // In a group of its own: Ctrl-C is ours to pass on.
  const child = fork(CHILD, [], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // The store is the worker's alone.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET.test(name))),
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    const { promise, resolve: ended, reject } = Promise.withResolvers<Answer | null>();
    let last: Answer | null = null;
    child.on('message', (message) => {
      try {
        const answer = AnswerSchema.parse(message);
        if (answer.answer === 'saved') saved({ caseIndex: answer.caseIndex, ordinal: answer.ordinal });
        else last = answer;
      } catch (error) {
        reject(error);
      }
    });
    child.on('error', reject);
    child.on('close', () => ended(last));
    child.send(asked);
    const answer = await promise;
    if (answer === null || answer.answer === 'saved') {
      signal.throwIfAborted();
      throw new BenchError(
        'failed',
        `the process that measures ended by ${child.signalCode ?? `code ${child.exitCode}`}`,
      );
    }
    if (answer.answer === 'failed') throw new BenchError(answer.code, answer.message);
    return answer;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const SECRET = /^(PGPASSWORD|VSWBENCH_STORE)$/;

function unexpected({ answer }: Answer): BenchError {
  return new BenchError('failed', `the process that measures answered '${answer}'`);
}
