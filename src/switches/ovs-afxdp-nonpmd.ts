// SPDX-License-Identifier: Apache-2.0
// The AF_XDP sockets of `ovs-afxdp` without a polling thread (`afxdp-nonpmd`): the daemon's main thread has them, and sleeps between packets.
import { AFXDP_LIMITS, NATIVE, ovsOn } from './kit/ovs-interfaces.ts';

export const ovsAfxdpNonpmd = ovsOn(
  { type: 'afxdp-nonpmd', title: 'AF_XDP sockets, no polling thread', polls: false, settings: NATIVE },
  AFXDP_LIMITS,
);
