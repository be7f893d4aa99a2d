// SPDX-License-Identifier: Apache-2.0
// The container's side of a vhost-user port, the same for every switch that has such ports.

/** Packets that a ring holds: the most that virtio-user takes. Room for what comes while an application waits for its CPU. */
const RING_PACKETS = 1024;

/**
 * Device argument of DPDK for a virtio-user port; `server` where the switch is the client of its socket. Frames of up to 1514
 * bytes need no merged buffers, and rings that are used in order spare both sides work: docs/decisions/0006-vhost-user-ports.md.
 */
export function virtioUser({ name, server = false }: { name: string; server?: boolean }): string {
  const options = `queue_size=${RING_PACKETS},in_order=1,mrg_rxbuf=0`;
  return `net_virtio_user0,path=${name},${server ? 'server=1,' : ''}${options}`;
}
