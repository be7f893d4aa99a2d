/* SPDX-License-Identifier: Apache-2.0 */
/* Where packets are missing is told in stretches, and none of them is left out. */
#include "../load/arrivals.h"
#include "../load/gaps.h"
#include <stdlib.h>

#include "line.h"
#include "test.h"

static void check_gap(const struct gap *g, uint64_t first, uint64_t last, uint64_t lost)
{
    CHECK_EQUAL(g->first, first);
    CHECK_EQUAL(g->last, last);
    CHECK_EQUAL(g->lost, lost);
}

static void test_stretches(void)
{
    struct gaps g;
    static const uint64_t lost[] = {5, 6, 14, 24, 100};

    CHECK_EQUAL((uint64_t)gaps_init(&g, 10), 0);
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
        gaps_count_lost(&g, lost[i]);
    CHECK_EQUAL(g.count, 3);
    check_gap(&g.list[0], 5, 14, 3);
    check_gap(&g.list[1], 24, 24, 1);
    check_gap(&g.list[2], 100, 100, 1);

    gaps_clear(&g);
    CHECK_EQUAL(g.count, 0);
    free(g.list);
}

/* The list has an end, what is lost has not. */
static void test_more_than_there_is_room_for(void)
{
    struct gaps g;
    uint64_t number = 0;

    CHECK_EQUAL((uint64_t)gaps_init(&g, 1), 0);
    for (size_t i = 0; i < GAPS_MAX + 7; i++, number += 2)
        gaps_count_lost(&g, number);
    CHECK_EQUAL(g.count, GAPS_MAX);
    check_gap(&g.list[GAPS_MAX - 1], 2 * (GAPS_MAX - 1), number - 2, 8);
    free(g.list);
}

/* Of packets that a receiver misses, those behind the highest that came are told by nobody. */
static void test_received(void)
{
    struct gaps g;

    CHECK_EQUAL((uint64_t)gaps_init(&g, 100), 0);
    line_open(IO_WHOLE_FRAMES, 64, 4, true);
    arrivals_count_losses(&line.a, NULL, NULL, &g);
    for (uint64_t number = 0; number < 70000; number += 4) {
        send_at(number, 4, true);
        if (number != 1000 && number != 1004 && number < 69000)
            deliver(4, 500);
    }
    sequence_settle(&line.a.sequence);
    CHECK_EQUAL(g.count, 1);
    check_gap(&g.list[0], 1000, 1007, 8);
    fake_close(&line.fake);
    free(g.list);
}

static void test_not_asked_for(void)
{
    struct gaps g;

    CHECK_EQUAL((uint64_t)gaps_init(&g, 0), 0);
    CHECK(g.list == NULL);
}

int main(void)
{
    clock_calibrate();
    test_stretches();
    test_more_than_there_is_room_for();
    test_received();
    test_not_asked_for();
    return test_end("gaps_test");
}
