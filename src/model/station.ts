// SPDX-License-Identifier: Apache-2.0

/** Of both ends of each pair. */
export const UDP_PORT = 5001;

/** Locally administered address of one end of a pair: the same on every host, so that each knows those of the other. */
export function macOf(pair: number, end: 'source' | 'sink'): string {
  return `02:00:00:00:${pair.toString(16).padStart(2, '0')}:${end === 'source' ? '01' : '02'}`;
}
