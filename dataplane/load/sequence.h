/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sequence numbers have arrived: exact counts of distinct, duplicated, reordered and late ones.
 *
 * A bitmap holds the last SEQUENCE_WINDOW numbers up to the highest one seen. Packets in order are the rule, so the
 * run of them that arrived last is kept as two numbers and enters the bitmap only when something else happens: a
 * packet in order costs one increment.
 */
#ifndef VSW_SEQUENCE_H
#define VSW_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "../frame/packet.h"

#define SEQUENCE_WINDOW 65536u

enum sequence_verdict { SEQUENCE_FIRST, SEQUENCE_REORDERED, SEQUENCE_DUPLICATE, SEQUENCE_LATE };

/* Told of a number that is lost: it has not arrived, and by now it would be late. */
typedef void sequence_lost_function(void *context, uint64_t number);

struct sequence_tracker {
    uint64_t next;      /* one above the highest sequence number seen, unwrapped to 64 bits */
    uint64_t run_begin; /* [run_begin, next) has arrived in order and is not in the bitmap yet */
    uint64_t distinct_before_run;
    uint64_t duplicated, reordered, late;
    uint64_t
        seen[SEQUENCE_WINDOW / 64]; /* bit s % SEQUENCE_WINDOW: s has arrived, for next - WINDOW <= s < run_begin */
    uint64_t settled;               /* of all numbers below, those that are lost have been told */
    sequence_lost_function *lost;   /* NULL: nobody wants to be told */
    void *lost_context;
};

/* Forgets everything; the first number expected is 0. */
void sequence_reset(struct sequence_tracker *t);

/* Takes note of count packets numbered next, next + 1 and so on. */
ALWAYS_INLINE void sequence_in_order(struct sequence_tracker *t, uint64_t count)
{
    t->next += count;
}

/* The whole number of which these are the lower 32 bits: the nearest to the highest seen, but none below 0. */
static inline uint64_t sequence_unwrap(const struct sequence_tracker *t, uint32_t sequence)
{
    uint64_t number = t->next + (uint64_t)(int64_t)(int32_t)(sequence - (uint32_t)t->next);
    return (int64_t)number >= 0 ? number : number + (UINT64_C(1) << 32);
}

/* Takes note of any packet. SEQUENCE_REORDERED: the first of its number, as well. */
enum sequence_verdict sequence_arrived(struct sequence_tracker *t, uint64_t number);

/* Tells of all numbers below the highest that have not arrived. */
void sequence_settle(struct sequence_tracker *t);

/* Whether a number of the window, below the highest, has arrived. */
bool sequence_has(const struct sequence_tracker *t, uint64_t number);

/* How many numbers have arrived, those not counted that were late. */
ALWAYS_INLINE uint64_t sequence_distinct(const struct sequence_tracker *t)
{
    return t->distinct_before_run + (t->next - t->run_begin);
}

#endif
