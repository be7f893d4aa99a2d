// SPDX-License-Identifier: Apache-2.0
// The container's side of a vhost-user port, the same for every switch that has such ports, and how many a process of DPDK can have.

/** Ports of a process of DPDK, as it is built unless its builder says otherwise (RTE_MAX_ETHPORTS of its rte_build_config.h). */
export const DPDK_PORTS_MAX = 32;

/** Packets that a ring holds: the most that virtio-user takes. Room for what comes while an application waits for its CPU. */
const RING_PACKETS = 1024;

/**
 * Device argument of DPDK for a virtio-user port; `server` where the switch is the client of its socket. A frame is whole in each
 * buffer, so that none need to be merged, and rings that are used in order spare both sides work: docs/decisions/0006-vhost-user-ports.md.
 */
export function virtioUser({
  name,
  server = false,
  queues = 1,
}: {
  name: string;
  server?: boolean;
  queues?: number;
}): string {
  // The number of queues is agreed on by one more, of commands.
  const several = queues === 1 ? '' : `,queues=${queues},cq=1`;
  const options = `queue_size=${RING_PACKETS},in_order=1,mrg_rxbuf=0${several}`;
  return `net_virtio_user0,path=${name},${server ? 'server=1,' : ''}${options}`;
}
