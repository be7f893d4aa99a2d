/* SPDX-License-Identifier: Apache-2.0 */
/* The frames by which a port tells a switch where its MAC addresses are, one for each VLAN that it is in. */
#ifndef VSW_ANNOUNCEMENT_H
#define VSW_ANNOUNCEMENT_H

#include <stdint.h>

#include "../io/io.h"

#define ANNOUNCEMENT_LEN_MAX 100

/* Its length beside packets whose frames have this one. No packet is as long: counters of bytes tell it from them by
 * it. That is the length of the smallest Ethernet frame, or one that has room for IPv6 with two tags, and four bytes
 * more where packets have that themselves. */
static inline uint32_t announcement_len(const struct io_config *c)
{
    uint32_t len = c->encapsulation.ip6 ? ANNOUNCEMENT_LEN_MAX - 4 : 60;

    return c->frame_len == len ? len + 4 : len;
}

/* How many there are: one for each VLAN, or for each address, or one. */
unsigned announcement_count(const struct io_config *c);

/* How many of them, the first ones, are enough for a switch to know the port: of many addresses the first. */
unsigned announcement_first(const struct io_config *c);

/* Writes the one of this index to everybody: a gratuitous ARP request (RFC 5227, announcement) or, with IPv6, an
 * unsolicited neighbour advertisement (RFC 4861, 7.2.6), tagged as the packets are. Behind it there are zeroes. */
void announcement_build(uint8_t frame[ANNOUNCEMENT_LEN_MAX], const struct io_config *c, unsigned index);

#endif
