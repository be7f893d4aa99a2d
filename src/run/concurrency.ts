// SPDX-License-Identifier: Apache-2.0

/** The results of all steps; where one fails, not before the others have ended too: what goes on would escape the undoing. */
export async function allEnded<T>(steps: readonly Promise<T>[]): Promise<Awaited<T>[]> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}
