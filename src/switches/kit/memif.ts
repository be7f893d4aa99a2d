// SPDX-License-Identifier: Apache-2.0
// The container's side of a memif port, the same for every switch that has such ports.

/** Device argument of DPDK for a memif port. Its socket is a file: an abstract one would be seen by none but its own network namespace. */
export function netMemif({ name, role }: { name: string; role: 'client' | 'server' }): string {
  return `net_memif0,socket=${name},socket-abstract=no,role=${role}`;
}
