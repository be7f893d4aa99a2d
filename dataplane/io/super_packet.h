/* SPDX-License-Identifier: Apache-2.0 */
/* What one receive call of a socket with UDP_GRO brings: datagrams that lie one behind the other, all of one size but
 * the last, which may be shorter. */
#ifndef VSW_SUPER_PACKET_H
#define VSW_SUPER_PACKET_H

#include "io.h"

/* What is left of it to lend. */
struct super_packet {
    uint8_t *data;
    uint32_t len;     /* bytes that the datagrams had */
    uint32_t stored;  /* bytes of these that are in data: fewer where the buffer was too small */
    uint32_t segment; /* bytes of a datagram */
    uint32_t datagrams;
};

/* segment is what the kernel told, 0 where it told none: then it is one datagram, which may be empty. */
static inline struct super_packet super_packet_of(uint8_t *data, uint32_t len, uint32_t room, uint32_t segment)
{
    bool single = segment == 0 || len <= segment;

    return (struct super_packet){
        .data = data,
        .len = len,
        .stored = len < room ? len : room,
        .segment = single ? len : segment,
        .datagrams = single ? 1 : (len + segment - 1) / segment,
    };
}

/* Lends up to n of the datagrams that are left. One of which bytes are missing has no length: nobody takes it for
 * sound. */
static inline unsigned super_packet_lend(struct super_packet *super, struct io_slot *slots, unsigned n, uint64_t now)
{
    if (n > super->datagrams)
        n = super->datagrams;
    super->datagrams -= n;
    for (unsigned i = 0; i < n; i++) {
        uint32_t len = super->len < super->segment ? super->len : super->segment;
        uint32_t stored = super->stored < len ? super->stored : len;
        slots[i] = (struct io_slot){.data = super->data, .len = stored == len ? len : 0, .seen_ticks = now};
        super->data += stored;
        super->stored -= stored;
        super->len -= len;
    }
    return n;
}

#endif
