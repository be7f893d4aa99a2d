// SPDX-License-Identifier: Apache-2.0
import type { SwitchDriver } from './driver.ts';
import { xdpSwitch } from './kit/xdp-switch.ts';

export const xdp: SwitchDriver = xdpSwitch('xdp', 'XDP redirect, with a learning table');
