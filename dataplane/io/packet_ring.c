/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_ring.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netdev.h"

/* In front of a packet are its header, the sender's address and what aligns it, less than this together. With it a
 * frame still is an odd number of cache lines (io_packet_room). */
#define FRAME_OVERHEAD 128

/* The kernel wants whole pages: as many frames of a multiple of 64 bytes are always. */
#define FRAMES_TOGETHER 64

/* About as many bytes as the queue of the other packet sockets has (netdev_size_queue). */
enum { RX_FRAMES = 8192, RX_FRAMES_JUMBO = 2048 };
/* The kernel takes them in turn, so that fewer stay in a cache. The next burst is written while one is on its way. */
enum { TX_FRAMES_MIN = 256, TX_BURSTS = 2 };

/* Small enough that a burst or two fill one, large enough for more than one of the largest packets. */
#define BLOCK_SIZE (64u << 10)
#define BLOCKS 256
/* What the kernel has at the least: a block that has something in it is handed over so late. */
#define RETIRE_MS 1

static int map(struct io_port *port, struct packet_ring *ring, int fd)
{
    void *memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

    if (memory == MAP_FAILED)
        return netdev_fail(port, errno, "cannot map the ring of a packet socket: %s", strerror(errno));
    ring->memory = memory;
    return 0;
}

static int set_ring(struct io_port *port, int fd, int version, int option, const void *request, socklen_t size)
{
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
        setsockopt(fd, SOL_PACKET, option, request, size) != 0)
        return netdev_fail(port, errno, "cannot give a packet socket its ring on %s: %s", port->config.device,
                           strerror(errno));
    return 0;
}

static int open_frames(struct io_port *port, struct packet_ring *ring, int fd, int option, uint32_t frames)
{
    const uint32_t frame_size = (uint32_t)io_packet_room(port->config.frame_len) + FRAME_OVERHEAD;
    const struct tpacket_req request = {
        .tp_block_size = FRAMES_TOGETHER * frame_size,
        .tp_block_nr = frames / FRAMES_TOGETHER,
        .tp_frame_size = frame_size,
        .tp_frame_nr = frames,
    };

    *ring = (struct packet_ring){.size = (size_t)frames * frame_size, .item_size = frame_size, .items = frames};
    int error = set_ring(port, fd, TPACKET_V2, option, &request, sizeof(request));
    return error < 0 ? error : map(port, ring, fd);
}

int packet_ring_open_tx(struct io_port *port, struct packet_ring *ring, int fd)
{
    const uint32_t whole = (TX_BURSTS * port->config.burst + FRAMES_TOGETHER - 1) / FRAMES_TOGETHER * FRAMES_TOGETHER;
    const uint32_t frames = whole > TX_FRAMES_MIN ? whole : TX_FRAMES_MIN;
    int error = open_frames(port, ring, fd, PACKET_TX_RING, frames);

    port->tx_queue_bytes = (uint32_t)ring->size;
    return error;
}

int packet_ring_open_rx(struct io_port *port, struct packet_ring *ring, int fd)
{
    const uint32_t frames = port->config.frame_len <= IO_FRAME_USUAL ? RX_FRAMES : RX_FRAMES_JUMBO;
    int error = open_frames(port, ring, fd, PACKET_RX_RING, frames);

    port->rx_queue_bytes = (uint32_t)ring->size;
    return error;
}

int packet_ring_open_rx_blocks(struct io_port *port, struct packet_ring *ring, int fd)
{
    /* The frames of such a ring are only counted. */
    const uint32_t frame_size = 2048;
    const struct tpacket_req3 request = {
        .tp_block_size = BLOCK_SIZE,
        .tp_block_nr = BLOCKS,
        .tp_frame_size = frame_size,
        .tp_frame_nr = BLOCKS * (BLOCK_SIZE / frame_size),
        .tp_retire_blk_tov = RETIRE_MS,
    };

    *ring = (struct packet_ring){.size = (size_t)BLOCKS * BLOCK_SIZE, .item_size = BLOCK_SIZE, .items = BLOCKS};
    port->rx_queue_bytes = (uint32_t)ring->size;
    int error = set_ring(port, fd, TPACKET_V3, PACKET_RX_RING, &request, sizeof(request));
    return error < 0 ? error : map(port, ring, fd);
}

void packet_ring_close(struct packet_ring *ring)
{
    if (ring->memory != NULL)
        munmap(ring->memory, ring->size);
    ring->memory = NULL;
}
