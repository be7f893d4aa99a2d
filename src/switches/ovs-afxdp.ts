// SPDX-License-Identifier: Apache-2.0
// Its ports are AF_XDP sockets on the switch's end of a cable (`afxdp`), which a polling thread of OVS's has.
import { AFXDP_LIMITS, NATIVE, ovsOn } from './kit/ovs-interfaces.ts';

export const ovsAfxdp = ovsOn({ type: 'afxdp', title: 'AF_XDP sockets', polls: true, settings: NATIVE }, AFXDP_LIMITS);
