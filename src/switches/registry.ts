// SPDX-License-Identifier: Apache-2.0
import { basicfwd } from './basicfwd.ts';
import { direct } from './direct.ts';
import type { SwitchDriver } from './driver.ts';
import { fastclick } from './fastclick.ts';
import { linuxBridge } from './linux-bridge.ts';
import { macvlan } from './macvlan.ts';
import { ovs } from './ovs.ts';
import { ovsAfxdp } from './ovs-afxdp.ts';
import { ovsAfxdpNonpmd } from './ovs-afxdp-nonpmd.ts';
import { ovsKernel } from './ovs-kernel.ts';
import { ovsSystem } from './ovs-system.ts';
import { ovsTap } from './ovs-tap.ts';
import { snabb } from './snabb.ts';
import { sriov } from './sriov.ts';
import { tc } from './tc.ts';
import { tcPeer } from './tc-peer.ts';
import { testpmd } from './testpmd.ts';
import { vale } from './vale.ts';
import { vpp } from './vpp.ts';
import { vppAfPacket } from './vpp-af-packet.ts';
import { vppAfXdp } from './vpp-af-xdp.ts';
import { xdp } from './xdp.ts';
import { xdpGeneric } from './xdp-generic.ts';

/** Every switch that comes with vswbench, in the order in which reports list them. */
export const switchRegistry: readonly SwitchDriver[] = [
  direct,
  linuxBridge,
  macvlan,
  tc,
  tcPeer,
  xdp,
  xdpGeneric,
  ovsKernel,
  basicfwd,
  testpmd,
  ovs,
  ovsAfxdp,
  ovsAfxdpNonpmd,
  ovsSystem,
  ovsTap,
  vpp,
  vppAfPacket,
  vppAfXdp,
  snabb,
  fastclick,
  sriov,
  vale,
];
