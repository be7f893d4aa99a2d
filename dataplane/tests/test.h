/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests share: checks that count, and a generator of numbers that are the same in every run. */
#ifndef VSW_TEST_H
#define VSW_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static unsigned long test_passed, test_failed;

/* Enough to see what is wrong. */
#define TEST_FAILURES_SHOWN 20

#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(actual, expected) test_check_equal((actual), (expected), #actual, __FILE__, __LINE__)

static inline bool test_check(bool passed, const char *what, const char *file, int line)
{
    if (passed)
        test_passed++;
    else if (++test_failed <= TEST_FAILURES_SHOWN)
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    return passed;
}

static inline bool test_check_equal(uint64_t actual, uint64_t expected, const char *what, const char *file, int line)
{
    if (actual == expected)
        test_passed++;
    else if (++test_failed <= TEST_FAILURES_SHOWN)
        fprintf(stderr, "%s:%d: failed: %s is %" PRIu64 ", not %" PRIu64 "\n", file, line, what, actual, expected);
    return actual == expected;
}

/* Prints the closing line; returns the exit code. */
static inline int test_end(const char *name)
{
    printf("%s: %lu passed, %lu failed\n", name, test_passed, test_failed);
    return test_failed > 0 || test_passed == 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
