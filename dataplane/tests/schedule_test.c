/* SPDX-License-Identifier: Apache-2.0 */
/* Arrivals that are not regular are distributed as they are called, and no further ahead of their rate than is told. */
#include <math.h>
#include <stdlib.h>

#include "../load/clock.h"
#include "../load/transmit.h"
#include "fake_port.h"
#include "test.h"

#define HZ UINT64_C(2600000123)
#define BEGIN UINT64_C(1000000000)
#define DEPARTURES 100000

static struct schedule made(const struct schedule_plan *plan)
{
    struct schedule schedule;

    CHECK_EQUAL((uint64_t)schedule_init(&schedule, plan, HZ), 0);
    return schedule;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The statistic of Kolmogorov and Smirnov against the exponential distribution of this mean. Sorts. */
static double distance_from_exponential(double *values, unsigned n, double mean)
{
    double most = 0;

    qsort(values, n, sizeof(*values), ascending);
    for (unsigned i = 0; i < n; i++) {
        double expected = 1 - exp(-values[i] / mean);
        most = fmax(most, fmax(fabs(expected - i / (double)n), fabs(expected - (i + 1) / (double)n)));
    }
    return most;
}

/* How much a distance says about the next one: a correlation. */
static double correlation_of_next(const double *values, unsigned n, double mean)
{
    double together = 0, alone = 0;

    for (unsigned i = 0; i + 1 < n; i++) {
        together += (values[i] - mean) * (values[i + 1] - mean);
        alone += (values[i] - mean) * (values[i] - mean);
    }
    return together / alone;
}

/* The times at which a sender that is never late puts its bursts on a port. */
static void depart(const struct schedule *schedule, uint64_t rate, uint32_t burst, double *gaps, unsigned n)
{
    struct session *s = calloc(1, sizeof(*s));
    struct options options = {.rate_pps = rate, .burst = burst, .max_debt_ms = 10};
    struct fake_port fake;
    uint64_t random = 1, before = BEGIN;

    fake_open(&fake, IO_WHOLE_FRAMES, 64, burst);
    s->options = &options;
    s->port = fake.port;
    departures_init(&s->departures, &s->port, 0, false);
    s->steady_end = s->end = UINT64_MAX;
    pacing_begin(&s->pacing, BEGIN, HZ, rate, burst, HZ / 100, schedule);
    CHECK_EQUAL((uint64_t)transmit_if_due(s, BEGIN), 1);
    for (unsigned i = 0; i < n; i++) {
        uint64_t now = s->pacing.next_due + test_random(&random) % 3;
        if (s->pacing.next_due > 0)
            CHECK_EQUAL((uint64_t)transmit_if_due(s, s->pacing.next_due - 1), 0);
        CHECK_EQUAL((uint64_t)transmit_if_due(s, now), 1);
        gaps[i] = (double)now - (double)before;
        before = now;
    }
    CHECK_EQUAL(s->tx.offered, ((uint64_t)n + 1) * burst);
    fake_close(&fake);
    free(s);
}

static void test_poisson(uint64_t rate, uint32_t burst, unsigned pair)
{
    static double gaps[DEPARTURES];
    struct schedule schedule = made(&(struct schedule_plan){SCHEDULE_POISSON, rate, burst, 0, 0, pair});
    double mean = (double)HZ * burst / (double)rate, root = sqrt(DEPARTURES);

    depart(&schedule, rate, burst, gaps, DEPARTURES);
    CHECK(fabs(correlation_of_next(gaps, DEPARTURES, mean)) < 3.3 / root);
    /* The 99.9th percentile; the numbers are the same in each run. */
    double distance = distance_from_exponential(gaps, DEPARTURES, mean);
    if (!CHECK(distance < 1.95 / root))
        fprintf(stderr, "  %g\n", distance * root);
    schedule_free_offsets(&schedule);
}

static void test_pairs_differ(void)
{
    struct schedule one = made(&(struct schedule_plan){SCHEDULE_POISSON, 1000, 1, 0, 0, 0});
    struct schedule other = made(&(struct schedule_plan){SCHEDULE_POISSON, 1000, 1, 0, 0, 1});
    uint32_t same = 0;

    for (uint32_t i = 1; i < one.bursts; i++)
        same += one.offsets[i] == other.offsets[i];
    CHECK(same < 10);
    schedule_free_offsets(&one);
    schedule_free_offsets(&other);
}

/* 20 000 packets a second: 40 of them take 2 ms, of which 1.5 ms are the pause. */
static void test_trains(void)
{
    static double gaps[1000];
    struct schedule schedule = made(&(struct schedule_plan){SCHEDULE_ON_OFF, 20000, 4, 40, 1500000, 0});
    double within = (double)HZ * 0.0005 / 10, between = within + (double)HZ * 0.0015;

    CHECK_EQUAL(schedule.bursts, 10);
    depart(&schedule, 20000, 4, gaps, 1000);
    for (unsigned i = 0; i < 1000; i++)
        CHECK(fabs(gaps[i] - (i % 10 == 9 ? between : within)) <= 4);
    schedule_free_offsets(&schedule);

    /* The pause takes all that the rate leaves: a train is due at once. */
    schedule = made(&(struct schedule_plan){SCHEDULE_ON_OFF, 40000, 4, 40, 1000000, 0});
    CHECK_EQUAL(schedule.offsets[9], 0);
    CHECK_EQUAL(schedule.ahead_packets, 40);
    schedule_free_offsets(&schedule);
}

/* No burst is further ahead of the rate than is told, and one is as far. */
static void test_ahead(const struct schedule_plan *plan)
{
    struct schedule schedule = made(plan);
    struct pacing p;
    uint64_t most = 0;

    pacing_begin(&p, 0, HZ, plan->rate_pps, plan->burst, HZ, &schedule);
    for (uint64_t k = 0; k < 2 * (uint64_t)schedule.bursts + 2; k++, pacing_advance(&p)) {
        uint64_t mean = (uint64_t)((unsigned __int128)p.next_due * plan->rate_pps / HZ), sent = (k + 1) * plan->burst;
        if (sent > mean && sent - mean > most)
            most = sent - mean;
    }
    /* A fraction of a tick is cut off where a round begins. */
    CHECK(most >= schedule.ahead_packets && most <= schedule.ahead_packets + 1);
    schedule_free_offsets(&schedule);
}

static void test_pause(void)
{
    CHECK(schedule_leaves_pause(32000, 32, 1000000));
    CHECK(!schedule_leaves_pause(32001, 32, 1000000));
    CHECK(schedule_leaves_pause(1, 1, NS_PER_SECOND));
    CHECK(!schedule_leaves_pause(1000000000, 1, 3600 * NS_PER_SECOND));
}

int main(void)
{
    clock_calibrate();
    test_poisson(1000, 1, 0);
    test_poisson(100000, 4, 7);
    test_poisson(1000000, 1, 127);
    test_pairs_differ();
    test_trains();
    test_ahead(&(struct schedule_plan){SCHEDULE_REGULAR, 1000003, 7, 0, 0, 0});
    test_ahead(&(struct schedule_plan){SCHEDULE_POISSON, 1000000, 1, 0, 0, 3});
    test_ahead(&(struct schedule_plan){SCHEDULE_POISSON, 999, 32, 0, 0, 3});
    test_ahead(&(struct schedule_plan){SCHEDULE_ON_OFF, 20000, 4, 40, 1500000, 0});
    test_pause();
    return test_end("schedule_test");
}
