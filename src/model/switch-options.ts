// SPDX-License-Identifier: Apache-2.0
// What a switch may be asked to do beside forwarding. Each is a parameter of its own; a driver says which it has (`options`).
import { vlansOf } from './encapsulation.ts';
import { isAsBefore, type ParameterKey } from './parameters.ts';
import type { TestCase } from './testcase.ts';

export const SWITCH_OPTIONS = ['vlanFiltering', 'nftRules', 'overlay'] as const satisfies readonly ParameterKey[];
export type SwitchOption = (typeof SWITCH_OPTIONS)[number];

export interface SwitchOptions extends Pick<TestCase, SwitchOption> {
  /** Where ports let through some VLANs only, those of the packets to come; else empty. */
  vlans: readonly number[];
}

/** Where nothing is asked for. */
export const NO_OPTIONS: SwitchOptions = { vlanFiltering: 'off', nftRules: 0, overlay: 'none', vlans: [] };

/** What is asked of a switch for a test case. */
export function switchOptionsOf(testCase: TestCase): SwitchOptions {
  const { vlanFiltering, nftRules, overlay } = testCase;
  return { vlanFiltering, nftRules, overlay, vlans: vlanFiltering === 'on' ? vlansOf(testCase) : [] };
}

/** Those that are not as they were before anybody could ask. */
export function optionsAsked(asked: Pick<TestCase, SwitchOption>): SwitchOption[] {
  return SWITCH_OPTIONS.filter((key) => !isAsBefore(key, asked[key]));
}
