/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets, clamping, and quantiles against those of all the values, sorted. */
#include <math.h>
#include <stdlib.h>

#include "../load/histogram.h"
#include "test.h"

#define VALUES 1000000

static struct histogram h;

static void test_buckets(void)
{
    unsigned first = histogram_bucket(HISTOGRAM_LOWEST_NS), last = histogram_bucket(HISTOGRAM_HIGHEST_NS);

    CHECK(last < HISTOGRAM_BUCKETS);
    CHECK_EQUAL(histogram_lower_ns(first), HISTOGRAM_LOWEST_NS);
    CHECK(histogram_lower_ns(last) <= HISTOGRAM_HIGHEST_NS && histogram_lower_ns(last + 1) > HISTOGRAM_HIGHEST_NS);
    for (unsigned b = first; b <= last; b++) {
        uint64_t lower = histogram_lower_ns(b), upper = histogram_lower_ns(b + 1);
        CHECK(lower < upper);
        CHECK((upper - lower) * 100 <= lower);
        CHECK_EQUAL(histogram_bucket(lower), b);
        if (b < last)
            CHECK_EQUAL(histogram_bucket(upper - 1), b);
    }
    CHECK_EQUAL(histogram_bucket(0), first);
    CHECK_EQUAL(histogram_bucket(UINT64_MAX), last);
}

static double uniform(uint64_t *random)
{
    return ((double)(test_random(random) >> 11) + 0.5) / 9007199254740992.0;
}

static uint64_t constant_value(uint64_t *random)
{
    (void)random;
    return 12345;
}

static uint64_t uniform_value(uint64_t *random)
{
    return 100 + (uint64_t)(uniform(random) * 1e6);
}

static uint64_t exponential_value(uint64_t *random)
{
    return 500 + (uint64_t)(-log(uniform(random)) * 20000);
}

/* Over the whole range, as many in each decade. */
static uint64_t reciprocal_value(uint64_t *random)
{
    return (uint64_t)(100 * pow(10, uniform(random) * 8));
}

static uint64_t two_peaks_value(uint64_t *random)
{
    double u = uniform(random);
    return u < 0.97 ? 800 + (uint64_t)(u * 50) : 3000000 + (uint64_t)(u * 1000);
}

static int compare_values(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void test_distribution(const char *name, uint64_t (*value)(uint64_t *random))
{
    static const unsigned quantiles[] = {1, 100, 5000, 9000, 9900, 9990, 9999, 10000};
    uint64_t *values = malloc(VALUES * sizeof(*values));
    uint64_t random = 42, sum = 0;
    double sum_squares = 0;

    histogram_reset(&h);
    for (int i = 0; i < VALUES; i++) {
        values[i] = value(&random);
        histogram_record(&h, values[i], 1);
        sum += values[i];
        sum_squares += (double)values[i] * (double)values[i];
    }
    qsort(values, VALUES, sizeof(*values), compare_values);

    CHECK_EQUAL(h.count, VALUES);
    CHECK_EQUAL(h.min, values[0]);
    CHECK_EQUAL(h.max, values[VALUES - 1]);
    CHECK_EQUAL(h.sum, sum);
    CHECK(fabs(h.sum_squares - sum_squares) <= 1e-9 * sum_squares);
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        uint64_t exact = values[(uint64_t)VALUES * quantiles[i] / 10000 - 1];
        uint64_t estimate = histogram_quantile(&h, quantiles[i]);
        if (!CHECK(fabs((double)estimate - (double)exact) <= 0.01 * (double)exact))
            fprintf(stderr, "  %s, %u of 10000: %" PRIu64 " instead of %" PRIu64 "\n", name, quantiles[i], estimate,
                    exact);
    }
    free(values);
}

/* A packet that counts n times is n packets. */
static void test_weights(void)
{
    struct histogram *one_by_one = malloc(sizeof(*one_by_one));
    uint64_t random = 7;

    histogram_reset(&h);
    histogram_reset(one_by_one);
    for (int i = 0; i < 1000; i++) {
        uint64_t ns = test_random(&random) % 1000000, packets = 1 + test_random(&random) % 64;
        histogram_record(&h, ns, packets);
        for (uint64_t p = 0; p < packets; p++)
            histogram_record(one_by_one, ns, 1);
    }
    CHECK_EQUAL(h.count, one_by_one->count);
    CHECK_EQUAL(h.sum, one_by_one->sum);
    CHECK(fabs(h.sum_squares - one_by_one->sum_squares) <= 1e-9 * h.sum_squares);
    for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++)
        CHECK_EQUAL(h.buckets[b], one_by_one->buckets[b]);
    free(one_by_one);
}

static void test_clamping(void)
{
    histogram_reset(&h);
    histogram_record(&h, 3, 1);
    histogram_record(&h, 20 * HISTOGRAM_HIGHEST_NS, 1);
    CHECK_EQUAL(h.min, 3);
    CHECK_EQUAL(h.max, 20 * HISTOGRAM_HIGHEST_NS);
    CHECK_EQUAL(h.buckets[histogram_bucket(HISTOGRAM_LOWEST_NS)], 1);
    CHECK_EQUAL(h.buckets[histogram_bucket(HISTOGRAM_HIGHEST_NS)], 1);

    histogram_reset(&h);
    histogram_record(&h, 777, 1);
    CHECK_EQUAL(histogram_quantile(&h, 1), 777);
    CHECK_EQUAL(histogram_quantile(&h, 10000), 777);
}

/* Censored packets count for the rank, and one whose delay they may have had as well is no quantile. */
static void test_censored(void)
{
    histogram_reset(&h);
    histogram_record(&h, 1000, 8900);
    histogram_record(&h, 1000000, 99);
    histogram_record(&h, 3000000, 1);
    uint64_t p90 = histogram_quantile(&h, 9000);
    CHECK(p90 < 2000);

    histogram_censor(&h, 1000, 2000000);
    CHECK_EQUAL(h.count, 9000);
    CHECK_EQUAL(h.max, 3000000);
    CHECK_EQUAL(histogram_quantile(&h, 8900), histogram_quantile(&h, 1));
    CHECK_EQUAL(histogram_bucket(histogram_quantile(&h, 8901)), histogram_bucket(1000000));
    CHECK_EQUAL(histogram_bucket(histogram_quantile(&h, 8999)), histogram_bucket(1000000));
    CHECK_EQUAL(histogram_quantile(&h, 9000), HISTOGRAM_UNKNOWN);
    CHECK_EQUAL(histogram_quantile(&h, 10000), HISTOGRAM_UNKNOWN);

    /* In the very bucket of what was seen. */
    histogram_censor(&h, 1, 1000000);
    CHECK_EQUAL(histogram_quantile(&h, 5000), histogram_quantile(&h, 1));
    CHECK_EQUAL(histogram_quantile(&h, 9900), HISTOGRAM_UNKNOWN);
    histogram_censor(&h, 0, 0);
    CHECK_EQUAL(histogram_bucket(histogram_quantile(&h, 9900)), histogram_bucket(1000000));
}

int main(void)
{
    test_buckets();
    test_censored();
    test_clamping();
    test_weights();
    test_distribution("constant", constant_value);
    test_distribution("uniform", uniform_value);
    test_distribution("exponential", exponential_value);
    test_distribution("reciprocal", reciprocal_value);
    test_distribution("two peaks", two_peaks_value);
    return test_end("histogram_test");
}
