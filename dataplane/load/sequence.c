/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"

#include <stdbool.h>

void sequence_reset(struct sequence_tracker *t)
{
    memset(t, 0, sizeof(*t));
}

static uint64_t *word_of(struct sequence_tracker *t, uint64_t sequence)
{
    return &t->seen[sequence % SEQUENCE_WINDOW / 64];
}

/* Tells of those numbers below `end` that have not arrived and are in the bitmap, a word at a time. All others below it
 * are of the run. */
static void settle(struct sequence_tracker *t, uint64_t end)
{
    uint64_t number = t->settled, last = end < t->run_begin ? end : t->run_begin;

    while (number < last) {
        uint64_t count = 64 - number % 64;
        if (count > last - number)
            count = last - number;
        uint64_t absent = ~*word_of(t, number) >> number % 64 & ~UINT64_C(0) >> (64 - count);
        for (; absent != 0; absent &= absent - 1)
            t->lost(t->lost_context, number + (unsigned)__builtin_ctzll(absent));
        number += count;
    }
    if (t->settled < end)
        t->settled = end;
}

/* Before the bits of numbers up to `end` are written, and with them those a window below. */
static void settle_before(struct sequence_tracker *t, uint64_t end)
{
    if (t->lost != NULL && end > SEQUENCE_WINDOW)
        settle(t, end - SEQUENCE_WINDOW);
}

/* Sets or clears the bits of [begin, end), a word at a time. */
static void mark(struct sequence_tracker *t, uint64_t begin, uint64_t end, bool arrived)
{
    if (end - begin > SEQUENCE_WINDOW)
        begin = end - SEQUENCE_WINDOW;
    while (begin < end) {
        uint64_t count = 64 - begin % 64;
        if (count > end - begin)
            count = end - begin;
        uint64_t bits = ~UINT64_C(0) >> (64 - count) << begin % 64;
        uint64_t *word = word_of(t, begin);
        *word = arrived ? *word | bits : *word & ~bits;
        begin += count;
    }
}

/* Ends the run: it enters the bitmap. */
static void end_run(struct sequence_tracker *t)
{
    settle_before(t, t->next);
    mark(t, t->run_begin, t->next, true);
    t->distinct_before_run += t->next - t->run_begin;
    t->run_begin = t->next;
}

/* A number above all others: those that it jumps over have not arrived. */
static void jump(struct sequence_tracker *t, uint64_t number)
{
    end_run(t);
    t->run_begin = number;
    /* Some that never enter the bitmap: their window has passed already. */
    uint64_t window = number > SEQUENCE_WINDOW ? number - SEQUENCE_WINDOW : 0;
    settle_before(t, number < t->next + SEQUENCE_WINDOW ? number : t->next + SEQUENCE_WINDOW);
    for (; t->lost != NULL && t->settled < window; t->settled++)
        t->lost(t->lost_context, t->settled);
    mark(t, t->next, number, false);
    t->next = number + 1;
}

enum sequence_verdict sequence_arrived(struct sequence_tracker *t, uint64_t number)
{
    if (number == t->next) {
        sequence_in_order(t, 1);
        return SEQUENCE_FIRST;
    }
    if (number > t->next) {
        jump(t, number);
        return SEQUENCE_FIRST;
    }
    if (t->next - number > SEQUENCE_WINDOW) {
        t->late++;
        return SEQUENCE_LATE;
    }
    end_run(t);
    uint64_t *word = word_of(t, number);
    uint64_t bit = UINT64_C(1) << number % 64;
    if (*word & bit) {
        t->duplicated++;
        return SEQUENCE_DUPLICATE;
    }
    *word |= bit;
    t->distinct_before_run++;
    t->reordered++;
    return SEQUENCE_REORDERED;
}

void sequence_settle(struct sequence_tracker *t)
{
    end_run(t);
    if (t->lost != NULL)
        settle(t, t->next);
}

bool sequence_has(const struct sequence_tracker *t, uint64_t number)
{
    return number >= t->run_begin || (t->seen[number % SEQUENCE_WINDOW / 64] >> number % 64 & 1) != 0;
}
