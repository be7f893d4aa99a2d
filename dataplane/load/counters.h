/* SPDX-License-Identifier: Apache-2.0 */
/* What the polling thread shows to the sampling thread: one writer, one reader, a cache line of their own. */
#ifndef VSW_COUNTERS_H
#define VSW_COUNTERS_H

#include <stdint.h>

#define CACHE_LINE 64

/* Cumulative since the start of the run. */
struct counters {
    _Alignas(CACHE_LINE) uint64_t tx_packets;
    uint64_t rx_packets;
    uint64_t rx_unique_packets;
    uint64_t polls; /* attempts to receive; of a sender, to send */
    uint64_t empty_polls;
    uint64_t given_up_packets; /* due, and too old to be sent */
};

/* By the polling thread only: having no rival, it needs no atomic addition. */
static inline void counter_add(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline void counter_set(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, n, __ATOMIC_RELAXED);
}

static inline uint64_t counter_read(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
