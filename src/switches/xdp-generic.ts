// SPDX-License-Identifier: Apache-2.0
import type { SwitchDriver } from './driver.ts';
import { xdpSwitch } from './kit/xdp-switch.ts';

/** What there is where a device's driver has no XDP of its own. */
export const xdpGeneric: SwitchDriver = xdpSwitch('xdp-generic', 'XDP redirect in generic mode, with a learning table');
