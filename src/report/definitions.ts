// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';

/** A list of names with what each stands for. */
export function definitions(rows: readonly (readonly [string, string])[]): ComponentChild {
  return h('dl', null, ...rows.flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}
