/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings that a packet socket shares with the kernel (linux/if_packet.h): of frames, one place for each packet
 * (TPACKET_V2), or of blocks that the kernel fills with packets one behind the other (TPACKET_V3, to receive).
 */
#ifndef VSW_PACKET_RING_H
#define VSW_PACKET_RING_H

#include <linux/if_packet.h>

#include "io.h"

struct packet_ring {
    uint8_t *memory; /* NULL: none */
    size_t size;
    uint32_t item_size, items; /* frames, or blocks */
    uint32_t next;             /* the item that is to be used next */
};

/* Frames of which each holds a packet of the port's length, and of blocks the whole ring as many bytes. The socket must
 * have no ring yet. 0 or a negative errno, with a text. */
int packet_ring_open_tx(struct io_port *port, struct packet_ring *ring, int fd);
int packet_ring_open_rx(struct io_port *port, struct packet_ring *ring, int fd);
int packet_ring_open_rx_blocks(struct io_port *port, struct packet_ring *ring, int fd);
void packet_ring_close(struct packet_ring *ring);

/* The item so many places behind the next one. */
static inline uint8_t *packet_ring_item(const struct packet_ring *ring, uint32_t ahead)
{
    uint32_t index = ring->next + ahead;

    if (index >= ring->items)
        index -= ring->items;
    return ring->memory + (size_t)index * ring->item_size;
}

static inline void packet_ring_advance(struct packet_ring *ring, uint32_t items)
{
    ring->next += items;
    if (ring->next >= ring->items)
        ring->next -= ring->items;
}

/* The status says whose an item is: what the other side wrote before it is seen after it. */
static inline uint32_t packet_ring_status(const uint32_t *status)
{
    return __atomic_load_n(status, __ATOMIC_ACQUIRE);
}

static inline void packet_ring_hand_over(uint32_t *status, uint32_t value)
{
    __atomic_store_n(status, value, __ATOMIC_RELEASE);
}

#endif
