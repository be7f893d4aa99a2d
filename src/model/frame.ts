// SPDX-License-Identifier: Apache-2.0
// Sizes of Ethernet frames. Everything here counts a frame without its frame check sequence, as a switch and its counters do: RFC 2544's
// frames of 64 and 1518 bytes, which include it, are 60 and 1514.

/** The smallest frame of IEEE 802.3. */
export const FRAME_BYTES_MIN = 60;
/** The largest frame of IEEE 802.3: an MTU of 1500. */
export const FRAME_BYTES_USUAL = 1514;
/** The frame check sequence at the end of a frame, which nothing here counts but who asks for it. */
export const FCS_BYTES = 4;
/** The largest that we send, a jumbo frame: an MTU of 9000. */
export const FRAME_BYTES_MAX = 9014;

const HEADER_BYTES = 14;

/** The MTU of Ethernet unless somebody says otherwise. */
export const MTU_USUAL = FRAME_BYTES_USUAL - HEADER_BYTES;

/** The MTU that frames of so many bytes need: it counts what is behind the Ethernet header. */
export function mtuOf(frameBytes: number): number {
  return frameBytes - HEADER_BYTES;
}

/**
 * The MTU that frames of so many bytes need, where an uplink has less. The usual one of Ethernet and more is raised; one that somebody has
 * lowered is left alone: null.
 */
export function raisedMtu(mtu: number, frameBytes: number): number | null {
  const needed = mtuOf(frameBytes);
  return mtu >= needed || mtu < MTU_USUAL ? null : needed;
}

/** Under this name a host's record has an uplink's MTU. */
export function mtuSetting(uplink: string): string {
  return `uplink ${uplink} MTU`;
}

/** The largest frame that an MTU lets through. */
export function frameBytesOf(mtu: number): number {
  return mtu + HEADER_BYTES;
}

/** The largest of these frames that a switch has to be set up for: never less than the largest usual one. */
export function largestFrame(frameBytes: readonly number[]): number {
  return Math.max(FRAME_BYTES_USUAL, ...frameBytes);
}
