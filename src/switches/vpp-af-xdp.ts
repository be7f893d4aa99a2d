// SPDX-License-Identifier: Apache-2.0
// VPP with AF_XDP sockets, one queue each.
import { vppOn } from './vpp-interfaces.ts';

export const vppAfXdp = vppOn({
  id: 'vpp-af-xdp',
  title: 'FD.io VPP, bridge domain, AF_XDP sockets',
  plugin: 'af_xdp',
  wasBuiltIn: false,
  // It does not tell the name that it gives by itself.
  async make(cli, link) {
    await cli.order(`create interface af_xdp host-if ${link} name xdp-${link} num-rx-queues 1 no-zero-copy`);
    return `xdp-${link}`;
  },
  nameOf: (link) => `xdp-${link}`,
  deletion: (link) => `delete interface af_xdp xdp-${link}`,
});
