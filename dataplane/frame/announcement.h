/* SPDX-License-Identifier: Apache-2.0 */
/* The frame by which a port tells a switch where its MAC address is. */
#ifndef VSW_ANNOUNCEMENT_H
#define VSW_ANNOUNCEMENT_H

#include <stdint.h>

#include "../io/io.h"

#define ANNOUNCEMENT_LEN_MAX 64

/* Its length beside packets whose frames have this one: that of the smallest Ethernet frame or, where they have that
 * themselves, another one. Counters of bytes tell it from them by it. */
static inline uint32_t announcement_len(uint32_t frame_len)
{
    return frame_len == 60 ? ANNOUNCEMENT_LEN_MAX : 60;
}

/* Writes a gratuitous ARP request (RFC 5227, announcement) with these addresses, to everybody. Behind it there are
 * zeroes. */
void announcement_build(uint8_t frame[ANNOUNCEMENT_LEN_MAX], const struct io_address *local);

#endif
