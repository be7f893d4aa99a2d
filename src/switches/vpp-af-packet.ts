// SPDX-License-Identifier: Apache-2.0
// VPP with the kernel's packet rings (AF_PACKET), as its `remote` has them for the uplink.
import { PACKET_RING } from './vpp.ts';
import { vppOn } from './vpp-interfaces.ts';

export const vppAfPacket = vppOn({
  id: 'vpp-af-packet',
  title: 'FD.io VPP, bridge domain, packet sockets',
  plugin: 'af_packet',
  wasBuiltIn: true,
  make: (cli, link) => cli.make(`create host-interface name ${link} ${PACKET_RING}`, /^host-\S+$/),
  nameOf: (link) => `host-${link}`,
  deletion: (link) => `delete host-interface name ${link}`,
});
