// SPDX-License-Identifier: Apache-2.0
import type { FrameLimit } from '../driver.ts';

/** A frame is in one buffer, and netmap makes them of 2048 bytes (`buf_size`) unless the module is told otherwise. */
export const NETMAP_FRAMES: FrameLimit = { bytes: 2048, why: "netmap's buffers have 2048 bytes" };
