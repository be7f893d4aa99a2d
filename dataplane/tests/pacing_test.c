/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule and the paced sender on a clock of our own. */
#include <stdlib.h>

#include "../load/clock.h"
#include "../load/transmit.h"
#include "fake_port.h"
#include "test.h"

#define HZ UINT64_C(2600000123)
#define BEGIN UINT64_C(1000000000)

static uint64_t exact_due(uint64_t burst_number, uint64_t rate, uint32_t burst)
{
    return BEGIN + (uint64_t)((unsigned __int128)burst_number * burst * HZ / rate);
}

static void test_schedule(uint64_t rate, uint32_t burst)
{
    struct pacing p;

    pacing_begin(&p, BEGIN, HZ, rate, burst, HZ);
    for (uint64_t k = 0; k < 20000; k++, pacing_advance(&p)) {
        CHECK_EQUAL(p.next_due, exact_due(k, rate, burst));
        /* Bursts due before the instant of burst k are those ahead of it, unless several share the instant. */
        uint64_t before = pacing_due_before(&p, p.next_due);
        CHECK(before <= k && (before == 0 || exact_due(before - 1, rate, burst) < p.next_due));
        CHECK(exact_due(before, rate, burst) >= p.next_due);
    }
    /* Over ten hours of schedule: not one burst too many or too few. */
    uint64_t hours = 36000 * HZ;
    uint64_t bursts = (uint64_t)(((unsigned __int128)36000 * rate + burst - 1) / burst);
    CHECK_EQUAL(pacing_due_before(&p, BEGIN + hours), bursts);
}

static void test_debt(uint64_t rate, uint32_t burst)
{
    struct pacing p;
    uint64_t max_debt = HZ / 100, stall = 3 * HZ + 1234567;

    pacing_begin(&p, BEGIN, HZ, rate, burst, max_debt);
    pacing_limit_debt(&p, BEGIN - 1);
    pacing_limit_debt(&p, BEGIN + max_debt);
    CHECK_EQUAL(p.missed, 0);

    pacing_limit_debt(&p, BEGIN + stall);
    CHECK_EQUAL(p.missed, p.next);
    CHECK_EQUAL(p.next, pacing_due_before(&p, BEGIN + stall - max_debt));
    CHECK_EQUAL(p.next_due, exact_due(p.next, rate, burst));
    CHECK(p.next_due >= BEGIN + stall - max_debt);
    CHECK(p.next == 0 || exact_due(p.next - 1, rate, burst) < BEGIN + stall - max_debt);
    /* And goes on exactly. */
    for (int i = 0; i < 1000; i++) {
        pacing_advance(&p);
        CHECK_EQUAL(p.next_due, exact_due(p.next, rate, burst));
    }
    uint64_t tried = p.next - p.missed;
    uint64_t intended = pacing_end(&p, p.next_due + 5 * HZ);
    CHECK_EQUAL(intended, tried + p.missed);
    CHECK_EQUAL(pacing_end(&p, BEGIN), p.next);
}

/* A paced sender whose port takes what it likes and whose clock jumps. */
static void test_sender(uint64_t seed, uint64_t rate, uint32_t burst, unsigned max_step)
{
    struct session *s = calloc(1, sizeof(*s));
    struct options options = {.rate_pps = rate, .burst = burst};
    struct fake_port fake;
    uint64_t random = seed;

    fake_open(&fake, IO_WHOLE_FRAMES, 64, burst);
    s->options = &options;
    s->port = fake.port;
    departures_init(&s->departures, &s->port, 0, false);
    s->begin = BEGIN;
    s->steady_begin = BEGIN + HZ / 10;
    s->steady_end = s->steady_begin + HZ / 2;
    s->end = s->steady_end + HZ / 10;
    pacing_begin(&s->pacing, BEGIN, HZ, rate, burst, HZ / 100);

    uint64_t now = BEGIN, sent = 0, steady = 0;
    while (!transmit_is_over(s, now, true)) {
        fake.lends = (unsigned)(test_random(&random) % (2 * burst + 1));
        fake.takes = (unsigned)(test_random(&random) % (2 * burst + 1));
        fake.taken = 0;
        int bursts = transmit_if_due(s, now);
        CHECK(bursts == 0 || bursts == 1);
        if (bursts == 1) {
            unsigned taken = fake.lends > 0 ? fake.taken : 0;
            sent += taken;
            steady += now >= s->steady_begin && now < s->steady_end ? taken : 0;
        }
        now += test_random(&random) % max_step + (test_random(&random) % 5000 == 0 ? HZ / 20 : 0);
    }
    transmit_end(s);

    CHECK_EQUAL(s->tx.offered, sent);
    CHECK_EQUAL(s->tx.steady_offered, steady);
    CHECK_EQUAL(s->departures.next_sequence, sent);
    CHECK_EQUAL(s->tx.intended, s->tx.offered + s->tx.not_taken + s->tx.missed);
    CHECK_EQUAL(s->tx.intended, (pacing_due_before(&s->pacing, s->end)) * burst);
    CHECK_EQUAL(s->tx.steady_intended / burst,
                pacing_due_before(&s->pacing, s->steady_end) - pacing_due_before(&s->pacing, s->steady_begin));
    CHECK(s->tx.missed > 0 && s->tx.not_taken > 0 && s->tx.max_behind_ticks >= HZ / 20);
    fake_close(&fake);
    free(s);
}

/* A sender that is never late, behind a port that takes all, offers all of what was intended. */
static void test_punctual_sender(void)
{
    struct session *s = calloc(1, sizeof(*s));
    struct options options = {.rate_pps = 1000003, .burst = 7};
    struct fake_port fake;

    fake_open(&fake, IO_WHOLE_FRAMES, 64, 7);
    s->options = &options;
    s->port = fake.port;
    departures_init(&s->departures, &s->port, 0, false);
    s->begin = s->steady_begin = BEGIN;
    s->end = s->steady_end = BEGIN + HZ;
    pacing_begin(&s->pacing, BEGIN, HZ, options.rate_pps, 7, HZ / 100);
    for (uint64_t now = BEGIN; !transmit_is_over(s, now, true); now += 1000)
        CHECK(transmit_if_due(s, now) >= 0);
    transmit_end(s);
    CHECK_EQUAL(s->tx.missed + s->tx.not_taken, 0);
    CHECK_EQUAL(s->tx.offered, (1000003 + 6) / 7 * 7);
    CHECK_EQUAL(s->tx.intended, s->tx.offered);
    CHECK(s->tx.max_behind_ticks < 1000);
    fake_close(&fake);
    free(s);
}

int main(void)
{
    static const uint64_t rates[] = {1, 7, 999, 1000000, 14880952, 999999937, 1000000000};
    static const uint32_t bursts[] = {1, 3, 32, 1024};

    clock_calibrate();
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        for (size_t b = 0; b < sizeof(bursts) / sizeof(bursts[0]); b++) {
            test_schedule(rates[r], bursts[b]);
            test_debt(rates[r], bursts[b]);
        }
    }
    test_sender(1, 100000, 1, 20000);
    test_sender(2, 1000000, 32, 50000);
    test_sender(3, 3333333, 13, 20000);
    test_punctual_sender();
    return test_end("pacing_test");
}
