// SPDX-License-Identifier: Apache-2.0
// The container's side of a memif port, the same for every switch that has such ports.
import { FRAME_BYTES_USUAL } from '../../model/frame.ts';

/** Bytes of a buffer in which a jumbo frame is whole; DPDK's own choice is 2048. */
const JUMBO_BUFFER_BYTES = 9216;

/** Device argument of DPDK for a memif port. Its socket is a file: an abstract one would be seen by none but its own network namespace. */
export function netMemif({
  name,
  role,
  frameBytes,
}: {
  name: string;
  role: 'client' | 'server';
  frameBytes: number;
}): string {
  const buffers = frameBytes > FRAME_BYTES_USUAL ? `,bsize=${JUMBO_BUFFER_BYTES}` : '';
  return `net_memif0,socket=${name},socket-abstract=no,role=${role}${buffers}`;
}
