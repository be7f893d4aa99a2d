// SPDX-License-Identifier: Apache-2.0
// Its ports are read and written by packet sockets (`system`), as tcpdump would, a batch of 32 a call.
import { ovsOn, UNFINISHED } from './kit/ovs-interfaces.ts';

export const ovsSystem = ovsOn({ type: 'system', title: 'packet sockets', polls: false }, { unserved: UNFINISHED });
