/* SPDX-License-Identifier: Apache-2.0 */
#include "uring_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel does nothing for the ring but when its one thread asks it to: no interrupt of ours, no thread of its own.
 * Linux 6.1. */
#define SETUP_FLAGS (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE)
#define FEATURES (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_CQE_SKIP)

static int ring_register(const struct uring_ring *ring, unsigned operation, const void *argument, unsigned n)
{
    return syscall(SYS_io_uring_register, ring->fd, operation, argument, n) < 0 ? -errno : 0;
}

static uint32_t power_of_two_from(uint32_t n)
{
    uint32_t power = 1;

    while (power < n)
        power *= 2;
    return power;
}

static void *map(const struct uring_ring *ring, size_t bytes, uint64_t offset)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, (off_t)offset);

    return at == MAP_FAILED ? NULL : at;
}

static int map_queues(struct uring_ring *ring, const struct io_uring_params *p)
{
    const size_t sq_bytes = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    const size_t cq_bytes = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);

    ring->queues_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
    ring->sqes_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
    ring->queues = map(ring, ring->queues_bytes, IORING_OFF_SQ_RING);
    ring->sqes = map(ring, ring->sqes_bytes, IORING_OFF_SQES);
    if (ring->queues == NULL || ring->sqes == NULL)
        return -errno;
    uint8_t *at = ring->queues;
    ring->sq_head = (uint32_t *)(void *)(at + p->sq_off.head);
    ring->sq_tail = (uint32_t *)(void *)(at + p->sq_off.tail);
    ring->sq_order = (uint32_t *)(void *)(at + p->sq_off.array);
    ring->cq_head = (uint32_t *)(void *)(at + p->cq_off.head);
    ring->cq_tail = (uint32_t *)(void *)(at + p->cq_off.tail);
    ring->cqes = (struct io_uring_cqe *)(void *)(at + p->cq_off.cqes);
    ring->sq_entries = p->sq_entries;
    ring->cq_entries = p->cq_entries;
    return 0;
}

static int set_up(struct uring_ring *ring, unsigned requests, unsigned completions, int fd)
{
    struct io_uring_params p = {
        .flags = SETUP_FLAGS,
        .cq_entries = power_of_two_from(completions < requests ? requests : completions),
    };

    ring->fd = (int)syscall(SYS_io_uring_setup, power_of_two_from(requests), &p);
    if (ring->fd < 0)
        return -errno;
    if ((p.features & FEATURES) != FEATURES)
        return -EINVAL;
    int error = map_queues(ring, &p);
    return error < 0 || fd < 0 ? error : ring_register(ring, IORING_REGISTER_FILES, &fd, 1);
}

int uring_ring_open(struct uring_ring *ring, unsigned requests, unsigned completions, int fd)
{
    *ring = URING_RING_NONE;
    int error = set_up(ring, requests, completions, fd);
    if (error < 0)
        uring_ring_close(ring);
    return error;
}

void uring_ring_close(struct uring_ring *ring)
{
    const struct io_uring_sync_cancel_reg all = {
        .fd = -1,
        .flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL,
        .timeout = {.tv_sec = -1, .tv_nsec = -1},
    };

    if (ring->sq_tail != NULL) {
        /* The kernel takes a ring down later than we close it, and a socket in it would keep its UDP port. */
        ring_register(ring, IORING_REGISTER_SYNC_CANCEL, &all, 1);
        uring_ring_submit(ring, 0, IORING_ENTER_GETEVENTS);
        ring_register(ring, IORING_UNREGISTER_FILES, NULL, 0);
    }
    if (ring->fd >= 0)
        close(ring->fd);
    if (ring->queues != NULL)
        munmap(ring->queues, ring->queues_bytes);
    if (ring->sqes != NULL)
        munmap(ring->sqes, ring->sqes_bytes);
    *ring = URING_RING_NONE;
}

int uring_ring_submit(struct uring_ring *ring, unsigned n, unsigned enter_flags)
{
    /* What it did not take last time is not waiting any more. */
    const uint32_t first = __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);

    for (uint32_t i = 0; i < n; i++)
        ring->sq_order[(first + i) & (ring->sq_entries - 1)] = i;
    __atomic_store_n(ring->sq_tail, first + n, __ATOMIC_RELEASE);
    long taken = syscall(SYS_io_uring_enter, ring->fd, n, 0, enter_flags, NULL, 0);
    return taken < 0 ? -errno : (int)taken;
}

int uring_buffers_open(struct uring_buffers *buffers, const struct uring_ring *ring, uint32_t count, size_t room)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * room;
    const size_t ring_bytes = (count * sizeof(struct io_uring_buf) + page - 1) / page * page;

    *buffers = (struct uring_buffers){.count = count, .room = (uint32_t)room};
    /* The kernel wants the ring to begin a page. */
    buffers->ring = aligned_alloc(page, ring_bytes);
    buffers->memory = aligned_alloc(64, bytes);
    if (buffers->ring == NULL || buffers->memory == NULL)
        return -ENOMEM;
    memset(buffers->ring, 0, ring_bytes);
    /* Written to now, page by page, and not when the first packet arrives. */
    memset(buffers->memory, 0, bytes);
    const struct io_uring_buf_reg group = {.ring_addr = (uint64_t)(uintptr_t)buffers->ring, .ring_entries = count};
    int error = ring_register(ring, IORING_REGISTER_PBUF_RING, &group, 1);
    if (error < 0)
        return error;
    for (uint32_t i = 0; i < count; i++)
        uring_buffers_give(buffers, (uint16_t)i);
    uring_buffers_publish(buffers);
    return 0;
}

void uring_buffers_close(struct uring_buffers *buffers)
{
    free(buffers->ring);
    free(buffers->memory);
    *buffers = (struct uring_buffers){0};
}
