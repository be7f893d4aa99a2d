/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet sockets with a ring of blocks to receive from: the kernel hands a block over when it is full, or a millisecond
 * or more after its first packet. That is cheap, and late where packets are few.
 */
#include "../load/clock.h"
#include "netdev.h"
#include "packet_mmap.h"

static struct tpacket_hdr_v1 *next_block(const struct packet_mmap *state)
{
    return &((struct tpacket_block_desc *)(void *)packet_ring_item(&state->rx, 0))->hdr.bh1;
}

/* Only who has looked at all of a block gives it back. */
static void rx_release(struct io_port *port)
{
    struct packet_mmap *state = port->state;

    if (!state->walked)
        return;
    packet_ring_hand_over(&next_block(state)->block_status, TP_STATUS_KERNEL);
    packet_ring_advance(&state->rx, 1);
    state->walked = false;
}

/* Whether a block with packets is ours. The kernel hands over no empty ones, but nothing says that it never will. */
static bool enter_block(struct packet_mmap *state)
{
    struct tpacket_hdr_v1 *block = next_block(state);

    if ((packet_ring_status(&block->block_status) & TP_STATUS_USER) == 0)
        return false;
    state->packets_left = block->num_pkts;
    state->packet = (const void *)(packet_ring_item(&state->rx, 0) + block->offset_to_first_pkt);
    state->walked = state->packets_left == 0;
    return state->packets_left > 0;
}

static int rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct packet_mmap *state = port->state;

    rx_release(port);
    if (state->packets_left == 0 && !enter_block(state))
        return 0;
    if (n > state->packets_left)
        n = state->packets_left;
    const uint64_t now = clock_ticks();
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *packet = (const uint8_t *)state->packet;
        slots[i] =
            (struct io_slot){(uint8_t *)(uintptr_t)(packet + state->packet->tp_mac), state->packet->tp_snaplen, now};
        state->packet = (const void *)(packet + state->packet->tp_next_offset);
    }
    state->packets_left -= n;
    state->walked = state->packets_left == 0;
    return (int)n;
}

static int open_blocks(struct io_port *port)
{
    return packet_mmap_open_as(port, packet_ring_open_rx_blocks);
}

const struct io_ops io_packet_mmap_blocks = {
    .name = "packet-mmap-blocks",
    .title = "AF_PACKET sockets, blocks of packets (TPACKET_V3) received",
    .capabilities = PACKET_MMAP_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = packet_socket_probe,
    .open = open_blocks,
    .tx_reserve = packet_mmap_tx_reserve,
    .tx_lengths = packet_mmap_tx_lengths,
    .tx_commit = packet_mmap_tx_commit,
    .rx = rx,
    .rx_release = rx_release,
    .descriptors = packet_mmap_descriptors,
    .announce = netdev_announce,
    .stats = packet_mmap_stats,
    .close = packet_mmap_close,
};
