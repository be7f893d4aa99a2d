// SPDX-License-Identifier: Apache-2.0
import { userInfo } from 'node:os';
import { accountOf, invokerOf } from '../host/invoker.ts';

/** Who asks: under sudo, who has called it. By number where there is no name. */
export function userName(): string {
  const invoker = invokerOf(process.env);
  if (invoker !== null) return accountOf(invoker.uid)?.name ?? String(invoker.uid);
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
