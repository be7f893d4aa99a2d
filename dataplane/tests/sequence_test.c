/* SPDX-License-Identifier: Apache-2.0 */
/* The sequence tracker against one that remembers every number, on random schedules and across the 32-bit wrap. */
#include <stdlib.h>

#include "../load/sequence.h"
#include "test.h"

/* The numbers that a schedule may use: [base, base + SPAN). */
#define SPAN (UINT64_C(1) << 21)

struct reference {
    uint64_t base, highest;
    uint64_t distinct, duplicated, reordered, late;
    bool *seen;
};

/* Tells the tracker no more than a packet does. */
static enum sequence_verdict arrived(struct sequence_tracker *t, uint64_t number)
{
    CHECK_EQUAL(sequence_unwrap(t, (uint32_t)number), number);
    return sequence_arrived(t, sequence_unwrap(t, (uint32_t)number));
}

static enum sequence_verdict reference_arrived(struct reference *r, uint64_t sequence)
{
    bool *seen = &r->seen[sequence - r->base];

    if (sequence > r->highest) {
        r->highest = sequence;
        r->distinct++;
        *seen = true;
        return SEQUENCE_FIRST;
    }
    if (r->highest - sequence >= SEQUENCE_WINDOW) {
        r->late++;
        return SEQUENCE_LATE;
    }
    if (*seen) {
        r->duplicated++;
        return SEQUENCE_DUPLICATE;
    }
    r->distinct++;
    r->reordered++;
    *seen = true;
    return SEQUENCE_REORDERED;
}

/* Brings a tracker to the number below base, in steps that unwrap. */
static struct reference begin(struct sequence_tracker *t, uint64_t base)
{
    struct reference r = {.base = base - 1, .highest = base - 1, .seen = calloc(SPAN + 1, sizeof(bool))};

    sequence_reset(t);
    for (uint64_t at = 0; at < base - 1;) {
        at = base - 1 - at > 0x7fffffff ? at + 0x7fffffff : base - 1;
        CHECK(arrived(t, at) == SEQUENCE_FIRST);
        r.distinct++;
    }
    r.seen[0] = true;
    return r;
}

static void compare(const struct sequence_tracker *t, const struct reference *r)
{
    CHECK_EQUAL(t->next, r->highest + 1);
    CHECK_EQUAL(sequence_distinct(t), r->distinct);
    CHECK_EQUAL(t->duplicated, r->duplicated);
    CHECK_EQUAL(t->reordered, r->reordered);
    CHECK_EQUAL(t->late, r->late);
}

/* Mostly in order, now and then something else, of every size. */
static void test_random_schedule(uint64_t base, uint64_t seed)
{
    struct sequence_tracker t;
    struct reference r = begin(&t, base);
    uint64_t random = seed, end = r.base + SPAN - 200000;

    while (r.highest < end) {
        uint64_t what = test_random(&random) % 1000;
        uint64_t distance = test_random(&random) % (UINT64_C(1) << (test_random(&random) % 18));
        if (what < 900) {
            uint64_t run = test_random(&random) % 100;
            for (uint64_t i = 0; i < run; i++)
                reference_arrived(&r, r.highest + 1);
            sequence_in_order(&t, run);
            continue;
        }
        uint64_t sequence = what < 910 ? r.highest + 1 + distance : r.highest - distance;
        if (sequence < r.base + 1 || sequence > r.base + SPAN)
            continue;
        enum sequence_verdict expected = reference_arrived(&r, sequence);
        if (!CHECK(arrived(&t, sequence) == expected))
            break;
    }
    compare(&t, &r);
    free(r.seen);
}

static void test_edges(void)
{
    struct sequence_tracker t;

    sequence_reset(&t);
    /* Behind the very first number there is nothing: what seems to be there is far ahead. */
    CHECK_EQUAL(sequence_unwrap(&t, UINT32_MAX), UINT32_MAX);
    CHECK_EQUAL(sequence_unwrap(&t, 0x7fffffff), 0x7fffffff);
    CHECK_EQUAL(sequence_unwrap(&t, 0x80000000), 0x80000000);
    CHECK(sequence_arrived(&t, 5) == SEQUENCE_FIRST);
    CHECK_EQUAL(sequence_unwrap(&t, UINT32_MAX), UINT32_MAX);
    CHECK(sequence_arrived(&t, 0) == SEQUENCE_REORDERED);
    CHECK(sequence_arrived(&t, 0) == SEQUENCE_DUPLICATE);
    CHECK(sequence_arrived(&t, 5) == SEQUENCE_DUPLICATE);

    /* The oldest number of the window, and the one before. */
    CHECK(sequence_arrived(&t, 5 + SEQUENCE_WINDOW) == SEQUENCE_FIRST);
    CHECK(sequence_arrived(&t, 5) == SEQUENCE_LATE);
    CHECK(sequence_arrived(&t, 6) == SEQUENCE_REORDERED);
    CHECK(sequence_arrived(&t, 6) == SEQUENCE_DUPLICATE);

    /* A jump over more than the window forgets all of it. */
    CHECK(sequence_arrived(&t, 5 + 10 * SEQUENCE_WINDOW) == SEQUENCE_FIRST);
    for (uint32_t s = 5 + 9 * SEQUENCE_WINDOW + 1; s < 5 + 10 * SEQUENCE_WINDOW; s++)
        CHECK(sequence_arrived(&t, s) == SEQUENCE_REORDERED);
    CHECK_EQUAL(t.next, 6 + 10 * SEQUENCE_WINDOW);
}

int main(void)
{
    test_edges();
    for (uint64_t seed = 1; seed <= 4; seed++) {
        test_random_schedule(1, seed);
        test_random_schedule((UINT64_C(1) << 32) - SPAN / 2, seed);
        test_random_schedule((UINT64_C(7) << 32) - SPAN / 3, seed);
    }
    return test_end("sequence_test");
}
