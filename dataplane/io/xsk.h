/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AF_XDP socket: its memory (UMEM), its four rings, and what is attached to the interface for it. Rings and options
 * are those of the kernel's Documentation/networking/af_xdp.rst. There is no library in between: libxdp attaches its
 * dispatcher by netlink, where it stays when a process is killed.
 */
#ifndef VSW_XSK_H
#define VSW_XSK_H

#include <linux/if_xdp.h>
#include <stdbool.h>

#include "netdev.h"

/* Frames that the kernel has for what arrives, at the most: 2 to 4 ms of what a veth carries. More do not help: while
 * we are off our CPU for longer, a veth's own ring of 256 is what overflows, and each frame is one more to fall out of
 * the caches. A power of 2, as all rings are. */
#define XSK_RX_FRAMES 4096u
/* Frames for what is sent, and is with the kernel until the receiver has freed it. */
#define XSK_TX_FRAMES 4096u
_Static_assert(XSK_TX_FRAMES >= 2 * IO_BURST_MAX, "a burst can be written while the one before is on its way");

/* A frame must not cross a page. Of it the kernel keeps this for programs that put headers in front. */
#define XSK_HEADROOM 256u
#define XSK_CHUNK_USUAL 2048u
#define XSK_CHUNK_MAX 4096u
/* What a veth takes with a program on it: the rest of the page is for what the kernel notes of an skb (skb_shared_info,
 * aligned: 320 bytes; veth_xdp_set of drivers/net/veth.c). */
#define XSK_FRAME_MAX (XSK_CHUNK_MAX - XSK_HEADROOM - 320u)
_Static_assert(IO_FRAME_USUAL + XSK_HEADROOM <= XSK_CHUNK_USUAL, "two frames fit into a page");

/* One ring. Counters run freely and wrap; `entries` are struct xdp_desc or uint64_t addresses. */
struct xsk_ring {
    uint32_t *producer, *consumer, *flags;
    void *entries;
    uint32_t mask;
    uint32_t ours; /* our own counter, ahead of what the kernel has been told */
    void *map;
    size_t map_size;
};

struct xsk {
    int fd, program_link, sockets_map; /* -1 = none */
    uint8_t *memory;                   /* rx frames, then tx frames */
    size_t memory_size;
    uint32_t chunk; /* bytes from frame to frame */
    struct xsk_ring fill, completion, rx, tx;
    bool zero_copy, generic;
};

/* How the socket is bound and looked at. */
struct xsk_options {
    bool receives, transmits;
    bool busy_poll; /* the device is polled by our own calls, on our CPU, where it lets us */
};

/* 0 when sockets of this kind can be made here, else a negative errno and one line in `why`. */
int xsk_probe(char *why, size_t why_size);
/* A socket that xsk_close may be called for. */
#define XSK_NONE ((struct xsk){.fd = -1, .program_link = -1, .sockets_map = -1})
/* 0 or a negative errno, with a text in port->error. What was opened is closed by xsk_close in either case. */
int xsk_open(struct io_port *port, struct xsk *xsk, const struct netdev *dev, const struct xsk_options *options);
void xsk_close(struct xsk *xsk);

/* Whether the kernel polls the device in our calls. Since Linux 6.14 it does so for zero-copy sockets alone (xsk_bind
 * of net/xdp/xsk.c), and says so at once; before that it finds the device by the first packet. */
bool xsk_polls_busily(const struct xsk *xsk);

/* Has the kernel send what is in the tx ring: 0 when it took all that it takes at a time, or else what send(2) says. */
int xsk_kick_tx(struct xsk *xsk);
/* Has the kernel look at the device, where it waits to be told. */
void xsk_kick_rx(struct xsk *xsk);

/* Entries that the kernel has put into a ring of which we are the consumer. */
static inline uint32_t xsk_ready(const struct xsk_ring *ring)
{
    return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - ring->ours;
}

/* Gives n entries back to the kernel that we have read. */
static inline void xsk_consume(struct xsk_ring *ring, uint32_t n)
{
    ring->ours += n;
    __atomic_store_n(ring->consumer, ring->ours, __ATOMIC_RELEASE);
}

/* Hands over n entries that we have written. */
static inline void xsk_produce(struct xsk_ring *ring, uint32_t n)
{
    ring->ours += n;
    __atomic_store_n(ring->producer, ring->ours, __ATOMIC_RELEASE);
}

/* Entries that we have handed over and the kernel has not taken yet. */
static inline uint32_t xsk_pending(const struct xsk_ring *ring)
{
    return ring->ours - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static inline struct xdp_desc *xsk_descriptor(const struct xsk_ring *ring, uint32_t index)
{
    return (struct xdp_desc *)ring->entries + (index & ring->mask);
}

static inline uint64_t *xsk_address(const struct xsk_ring *ring, uint32_t index)
{
    return (uint64_t *)ring->entries + (index & ring->mask);
}

static inline bool xsk_needs_wakeup(const struct xsk_ring *ring)
{
    return (__atomic_load_n(ring->flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP) != 0;
}

#endif
