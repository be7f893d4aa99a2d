/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of packet sockets, where we play the kernel: what is lent, in which order, and when it is given back. */
#include "../io/packet_mmap.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#define ITEM_SIZE 2048
#define ITEMS 4

static _Alignas(64) uint8_t memory[ITEMS * ITEM_SIZE];
static struct packet_mmap state;
static struct io_port port;
static struct io_slot slots[8];

static const struct packet_ring ring = {.memory = memory, .item_size = ITEM_SIZE, .items = ITEMS};

static const struct io_ops *set_up(const char *name)
{
    memset(memory, 0, sizeof(memory));
    state = (struct packet_mmap){.sockets = PACKET_SOCKETS_NONE, .tx = ring, .rx = ring, .frame_len = 64};
    port = (struct io_port){.ops = io_find(name), .state = &state, .config = {.device = ""}};
    return port.ops;
}

static struct tpacket2_hdr *frame(unsigned index)
{
    return (struct tpacket2_hdr *)(void *)(memory + (size_t)index * ITEM_SIZE);
}

static void receive_frame(unsigned index, uint32_t len)
{
    *frame(index) = (struct tpacket2_hdr){.tp_status = TP_STATUS_USER, .tp_mac = 66, .tp_snaplen = len};
}

static void test_frames_in_turn(void)
{
    const struct io_ops *ops = set_up("packet-mmap");

    CHECK(ops->rx(&port, slots, 8) == 0);
    for (unsigned i = 0; i < 3; i++)
        receive_frame(i, 60 + i);
    CHECK(ops->rx(&port, slots, 2) == 2);
    CHECK(slots[1].data == memory + ITEM_SIZE + 66);
    CHECK_EQUAL(slots[1].len, 61);
    CHECK_EQUAL(frame(1)->tp_status, TP_STATUS_USER);
    ops->rx_release(&port);
    CHECK_EQUAL(frame(1)->tp_status, TP_STATUS_KERNEL);
    receive_frame(3, 63);
    receive_frame(0, 64);
    /* Round the end of the ring. */
    CHECK(ops->rx(&port, slots, 8) == 3);
    CHECK_EQUAL(slots[0].len, 62);
    CHECK_EQUAL(slots[2].len, 64);
    CHECK(ops->rx(&port, slots, 8) == 0);
    CHECK_EQUAL(frame(0)->tp_status, TP_STATUS_KERNEL);
}

static struct tpacket_hdr_v1 *block(unsigned index)
{
    return &((struct tpacket_block_desc *)(void *)(memory + (size_t)index * ITEM_SIZE))->hdr.bh1;
}

/* A block of so many packets, of 60 bytes and more. */
static void receive_block(unsigned index, unsigned packets)
{
    const uint32_t first = 64, spacing = 256;

    for (unsigned i = 0; i < packets; i++) {
        struct tpacket3_hdr *packet =
            (void *)((uint8_t *)block(index) - offsetof(struct tpacket_block_desc, hdr) + first + (size_t)i * spacing);
        *packet = (struct tpacket3_hdr){.tp_next_offset = spacing, .tp_mac = 82, .tp_snaplen = 60 + i};
    }
    block(index)->num_pkts = packets;
    block(index)->offset_to_first_pkt = first;
    block(index)->block_status = TP_STATUS_USER;
}

static void test_blocks_in_bursts(void)
{
    const struct io_ops *ops = set_up("packet-mmap-blocks");

    CHECK(ops->rx(&port, slots, 2) == 0);
    receive_block(0, 3);
    receive_block(1, 1);
    CHECK(ops->rx(&port, slots, 2) == 2);
    CHECK(slots[0].data == memory + 64 + 82);
    ops->rx_release(&port);
    /* One of its packets is still to be lent. */
    CHECK_EQUAL(block(0)->block_status, TP_STATUS_USER);
    CHECK(ops->rx(&port, slots, 2) == 1);
    CHECK_EQUAL(slots[0].len, 62);
    CHECK_EQUAL(block(0)->block_status, TP_STATUS_USER);
    ops->rx_release(&port);
    CHECK_EQUAL(block(0)->block_status, TP_STATUS_KERNEL);
    CHECK(ops->rx(&port, slots, 2) == 1);
    CHECK_EQUAL(slots[0].len, 60);
    CHECK(ops->rx(&port, slots, 2) == 0);
    CHECK_EQUAL(block(1)->block_status, TP_STATUS_KERNEL);
}

/* A socket that takes every call, and no frame, is a device that is full. */
static void test_refused_is_taken_back(void)
{
    const struct io_ops *ops = set_up("packet-mmap");
    int fds[2];

    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) == 0);
    state.sockets.tx_fd = fds[0];
    CHECK(ops->tx_reserve(&port, slots, 8) == ITEMS);
    CHECK(slots[1].data == memory + ITEM_SIZE + sizeof(struct tpacket2_hdr));
    slots[0].len = 60;
    ops->tx_lengths(&port, slots, 1);
    CHECK_EQUAL(frame(0)->tp_len, 60);
    CHECK_EQUAL(frame(1)->tp_len, 64);
    CHECK(ops->tx_commit(&port, 3) == 0);
    for (unsigned i = 0; i < ITEMS; i++)
        CHECK_EQUAL(frame(i)->tp_status, TP_STATUS_AVAILABLE);
    CHECK_EQUAL(state.tx.next, 0);
    /* What is on its way is not lent, nor what is behind it. */
    frame(2)->tp_status = TP_STATUS_SENDING;
    CHECK(ops->tx_reserve(&port, slots, 8) == 2);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    test_frames_in_turn();
    test_blocks_in_bursts();
    test_refused_is_taken_back();
    return test_end("packet_mmap_test");
}
