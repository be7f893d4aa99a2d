// SPDX-License-Identifier: Apache-2.0
// Its ports are TAP interfaces (`tap`), which the daemon makes and containers get: a call for each packet, read or written.
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import { ovsOn } from './kit/ovs-interfaces.ts';

export const ovsTap = ovsOn(
  { type: 'tap', title: 'TAP interfaces', polls: false },
  {
    frameLimit: () => ({
      bytes: FRAME_BYTES_USUAL,
      why: 'OVS reads no more from a TAP interface that is in a container',
    }),
  },
);
