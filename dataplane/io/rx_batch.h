/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that a driver delivered and that are lent out in smaller bursts.
 *
 * Drivers that take whole vectors of descriptors (iavf, ixgbe) deliver nothing to whoever asks for fewer packets than a
 * vector holds. So they are asked for RX_BATCH_MIN at least, and what is more than the role wants is lent by the calls
 * that follow.
 */
#ifndef VSW_RX_BATCH_H
#define VSW_RX_BATCH_H

#include "io.h"

/* No vector is longer. */
#define RX_BATCH_MIN 32

struct rte_mbuf;

struct rx_batch {
    struct rte_mbuf *packets[IO_BURST_MAX];
    /* [begin, begin + lent) is lent, and what is behind it up to end is still to be lent. */
    unsigned begin, lent, end;
    uint64_t seen_ticks; /* when the driver delivered them */
};

/* How many packets to ask the driver for, when the role wants n, 1 ... IO_BURST_MAX. */
static inline unsigned rx_batch_ask(unsigned n)
{
    return n < RX_BATCH_MIN ? RX_BATCH_MIN : n;
}

/* Whether the driver is to be asked: nothing is lent, and nothing left. */
static inline bool rx_batch_is_empty(const struct rx_batch *b)
{
    return b->begin == b->end;
}

/* The driver wrote n packets to the array. The batch must be empty. */
static inline void rx_batch_fill(struct rx_batch *b, unsigned n, uint64_t now)
{
    b->begin = b->lent = 0;
    b->end = n;
    b->seen_ticks = now;
}

/* Lends up to n packets, from packets[begin] on. Nothing must be lent. Returns how many. */
static inline unsigned rx_batch_lend(struct rx_batch *b, unsigned n)
{
    b->lent = n < b->end - b->begin ? n : b->end - b->begin;
    return b->lent;
}

/* Takes back what is lent: the caller frees it, from packets[begin - n] on. Returns n. */
static inline unsigned rx_batch_take_back(struct rx_batch *b)
{
    unsigned n = b->lent;

    b->begin += n;
    b->lent = 0;
    return n;
}

#endif
