// SPDX-License-Identifier: Apache-2.0
import { slowed } from './slowed.ts';

export const littleSlower = slowed('direct-little-slower', 'direct, 5 % slower', 0.95);
