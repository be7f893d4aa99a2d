/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of io_uring, by the kernel's own calls: io_uring(7). One thread sets it up, submits and completes. */
#ifndef VSW_URING_RING_H
#define VSW_URING_RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uring_ring {
    int fd; /* -1 = none */
    struct io_uring_sqe *sqes;
    /* Shared with the kernel: the order of the requests, and the counters that both sides go by. */
    uint32_t *sq_order, *sq_head, *sq_tail, *cq_head, *cq_tail;
    struct io_uring_cqe *cqes;
    uint32_t sq_entries, cq_entries; /* powers of two */
    void *queues;
    size_t queues_bytes, sqes_bytes;
};

#define URING_RING_NONE ((struct uring_ring){.fd = -1})

/* A ring for so many requests at a time and at least so many completions that wait, with fd as its file 0. 0 or a
 * negative errno. */
int uring_ring_open(struct uring_ring *ring, unsigned requests, unsigned completions, int fd);
/* Ends what is under way, so that nothing holds the file any longer. */
void uring_ring_close(struct uring_ring *ring);

/* Has the kernel take the first n requests of sqes, in order, and complete what it can. How many it took, or a negative
 * errno. */
int uring_ring_submit(struct uring_ring *ring, unsigned n, unsigned enter_flags);

/* Completions that wait, and the first of them. */
static inline uint32_t uring_ring_ready(const struct uring_ring *ring)
{
    return __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) - *ring->cq_head;
}

static inline const struct io_uring_cqe *uring_ring_first(const struct uring_ring *ring)
{
    return &ring->cqes[*ring->cq_head & (ring->cq_entries - 1)];
}

static inline void uring_ring_consume(struct uring_ring *ring)
{
    __atomic_store_n(ring->cq_head, *ring->cq_head + 1, __ATOMIC_RELEASE);
}

/* A ring of buffers that the kernel takes from the front as packets arrive, and that are given back at its end. */
struct uring_buffers {
    struct io_uring_buf_ring *ring;
    uint8_t *memory;
    uint32_t count; /* a power of two */
    uint32_t room;  /* bytes of each */
    uint16_t tail;
};

/* Registers count buffers as group 0 of the ring. 0 or a negative errno. */
int uring_buffers_open(struct uring_buffers *buffers, const struct uring_ring *ring, uint32_t count, size_t room);
void uring_buffers_close(struct uring_buffers *buffers);

static inline uint8_t *uring_buffer(const struct uring_buffers *buffers, uint16_t id)
{
    return buffers->memory + (size_t)id * buffers->room;
}

/* To be told to the kernel by uring_buffers_publish. */
static inline void uring_buffers_give(struct uring_buffers *buffers, uint16_t id)
{
    struct io_uring_buf *b = &buffers->ring->bufs[buffers->tail++ & (buffers->count - 1)];

    b->addr = (uint64_t)(uintptr_t)uring_buffer(buffers, id);
    b->len = buffers->room;
    b->bid = id;
}

static inline void uring_buffers_publish(struct uring_buffers *buffers)
{
    __atomic_store_n(&buffers->ring->tail, buffers->tail, __ATOMIC_RELEASE);
}

#endif
