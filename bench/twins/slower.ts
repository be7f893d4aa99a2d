// SPDX-License-Identifier: Apache-2.0
import { slowed } from './slowed.ts';

export const slower = slowed('direct-slower', 'direct, 10 % slower', 0.9);
