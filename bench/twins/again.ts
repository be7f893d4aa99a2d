// SPDX-License-Identifier: Apache-2.0
// `direct` under another name: what compares them must find no difference.
import { direct } from '../../src/switches/direct.ts';
import type { SwitchDriver } from '../../src/switches/driver.ts';

export const again: SwitchDriver = { ...direct, id: 'direct-again', title: 'direct once more' };
