/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that are apart: the bound holds between any two of them, and not just to the first. */
#include "../load/offsets.h"

#include "test.h"

#define CLOCKS 7

static void test_known(void)
{
    static const struct offset_bounds apart[] = {{0, 0}, {-90, -40}, {10, 30}, {60, 100}};
    struct offset_bounds worst = offsets_worst_pair(apart, 1);

    CHECK(worst.lower == 0 && worst.upper == 0);
    worst = offsets_worst_pair(apart, 2);
    CHECK(worst.lower == -90 && worst.upper == -40);
    /* The third is up to 30 from the first and 120 from the second. */
    worst = offsets_worst_pair(apart, 3);
    CHECK(worst.lower == 50 && worst.upper == 120);
    worst = offsets_worst_pair(apart, 4);
    CHECK(worst.lower == 100 && worst.upper == 190);
    CHECK_EQUAL((uint64_t)offset_magnitude(&worst), 190);
    CHECK_EQUAL((uint64_t)offset_magnitude(&apart[1]), 90);
}

/* Whatever the clocks truly are within what is known of each, no two are further apart. */
static void test_holds(uint64_t *random)
{
    struct offset_bounds known[CLOCKS] = {{0, 0}};
    int64_t truth[CLOCKS] = {0};

    for (int i = 1; i < CLOCKS; i++) {
        truth[i] = (int64_t)(test_random(random) % 2001) - 1000;
        known[i].lower = truth[i] - (int64_t)(test_random(random) % 300);
        known[i].upper = truth[i] + (int64_t)(test_random(random) % 300);
    }
    struct offset_bounds worst = offsets_worst_pair(known, CLOCKS);
    int64_t bound = offset_magnitude(&worst);
    for (int i = 0; i < CLOCKS; i++) {
        for (int j = 0; j < CLOCKS; j++)
            CHECK(truth[i] - truth[j] <= bound && known[i].upper - known[j].lower <= (i == j ? INT64_MAX : bound));
    }
}

int main(void)
{
    uint64_t random = 1;

    test_known();
    for (int i = 0; i < 1000; i++)
        test_holds(&random);
    return test_end("offsets_test");
}
