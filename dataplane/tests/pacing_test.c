/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule and the paced sender on a clock of our own. */
#include <stdlib.h>

#include "../load/clock.h"
#include "../load/transmit.h"
#include "fake_port.h"
#include "test.h"

#define HZ UINT64_C(2600000123)
#define BEGIN UINT64_C(1000000000)
#define MAX_DEBT (HZ / 100)
#define STEP UINT64_C(10007)

static const struct schedule regular;
/* That of the sender under test. */
static struct schedule schedule;

static uint64_t exact_due(uint64_t burst_number, uint64_t rate, uint32_t burst)
{
    uint32_t bursts = schedule.bursts > 0 ? schedule.bursts : 1;
    uint64_t round = burst_number / bursts;

    return BEGIN + (uint64_t)((unsigned __int128)round * bursts * burst * HZ / rate) +
           (schedule.bursts > 0 ? schedule.offsets[burst_number % bursts] : 0);
}

static void test_schedule(uint64_t rate, uint32_t burst)
{
    struct pacing p;

    pacing_begin(&p, BEGIN, HZ, rate, burst, HZ, &schedule);
    for (uint64_t k = 0; k < 20000; k++, pacing_advance(&p)) {
        CHECK_EQUAL(p.next_due, exact_due(k, rate, burst));
        /* Bursts due before the instant of burst k are those ahead of it, unless several share the instant. */
        uint64_t before = pacing_due_before(&p, p.next_due);
        CHECK(before <= k && (before == 0 || exact_due(before - 1, rate, burst) < p.next_due));
        CHECK(exact_due(before, rate, burst) >= p.next_due);
    }
    /* Over ten hours of schedule: not one burst too many or too few. */
    uint64_t hours = 36000 * HZ, round = (uint64_t)p.bursts * burst;
    uint64_t rounds = (uint64_t)(((unsigned __int128)36000 * rate + round - 1) / round);
    uint64_t before = pacing_due_before(&p, BEGIN + hours);
    CHECK(before <= rounds * p.bursts && before > (rounds - 1) * p.bursts);
    CHECK(p.bursts > 1 || before == rounds);
    CHECK(exact_due(before - 1, rate, burst) < BEGIN + hours && exact_due(before, rate, burst) >= BEGIN + hours);
}

static void test_debt(uint64_t rate, uint32_t burst)
{
    struct pacing p;
    uint64_t max_debt = HZ / 100, stall = 3 * HZ + 1234567;

    pacing_begin(&p, BEGIN, HZ, rate, burst, max_debt, &schedule);
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

/* A paced sender on a port of its own. */
struct paced {
    struct session *s;
    struct options options;
    struct fake_port fake;
};

static void paced_begin(struct paced *p, uint64_t rate, uint32_t burst)
{
    struct session *s = p->s = calloc(1, sizeof(*s));

    p->options = (struct options){.rate_pps = rate, .burst = burst, .max_debt_ms = 10};
    fake_open(&p->fake, IO_WHOLE_FRAMES, 64, burst);
    s->options = &p->options;
    s->port = p->fake.port;
    departures_init(&s->departures, &s->port, 0, false);
    s->begin = BEGIN;
    s->steady_begin = BEGIN + HZ / 10;
    s->steady_end = s->steady_begin + HZ / 2;
    s->end = s->steady_end + HZ / 10;
    pacing_begin(&s->pacing, BEGIN, HZ, rate, burst, MAX_DEBT, &schedule);
}

static void paced_end(struct paced *p)
{
    fake_close(&p->fake);
    free(p->s);
}

/* Lets the sender try once. What the port took is added to the burst that it belongs to; whatever is given up meanwhile
 * must be too old. */
static void paced_try(struct paced *p, uint64_t now, uint32_t *taken_of)
{
    struct session *s = p->s;
    uint64_t rate = p->options.rate_pps, next = s->pacing.next;
    uint32_t burst = (uint32_t)p->options.burst;

    p->fake.taken = 0;
    int tried = transmit_if_due(s, now);
    CHECK(tried == 0 || tried == 1);
    uint64_t burst_tried = s->pacing.next - (tried == 1 && !s->tx.next_is_refused);
    CHECK(burst_tried == next || now - exact_due(burst_tried - 1, rate, burst) > MAX_DEBT);
    if (tried == 0)
        return;
    CHECK(exact_due(burst_tried, rate, burst) <= now);
    taken_of[burst_tried] += p->fake.lends > 0 ? p->fake.taken : 0;
    CHECK(taken_of[burst_tried] <= burst && (s->tx.next_is_refused || taken_of[burst_tried] == burst));
}

/* What was sent and what was not, from what the port took of each burst. */
static void check_totals(const struct session *s, const uint32_t *taken_of)
{
    uint64_t rate = s->options->rate_pps, sent = 0, steady = 0, steady_intended = 0;
    uint32_t burst = (uint32_t)s->options->burst;

    for (uint64_t k = 0; k < s->tx.intended / burst; k++) {
        uint64_t due = exact_due(k, rate, burst);
        bool is_steady = due >= s->steady_begin && due < s->steady_end;
        sent += taken_of[k];
        steady += is_steady ? taken_of[k] : 0;
        steady_intended += is_steady ? burst : 0;
    }
    CHECK_EQUAL(s->tx.offered, sent);
    CHECK_EQUAL(s->tx.steady_offered, steady);
    CHECK_EQUAL(s->tx.steady_intended, steady_intended);
    CHECK_EQUAL(s->departures.next_sequence, sent);
    CHECK_EQUAL(s->tx.intended, s->tx.offered + s->tx.not_taken + s->tx.missed);
}

/* A port that takes what it likes, and a clock that jumps. */
static void test_sender(uint64_t seed, uint64_t rate, uint32_t burst, unsigned max_step)
{
    struct paced p;
    uint64_t random = seed, now = BEGIN;

    paced_begin(&p, rate, burst);
    uint32_t *taken_of = calloc(rate / burst + 1, sizeof(*taken_of));
    while (!transmit_is_over(p.s, now, true)) {
        p.fake.lends = (unsigned)(test_random(&random) % (2 * burst + 1));
        p.fake.takes = (unsigned)(test_random(&random) % (2 * burst + 1));
        paced_try(&p, now, taken_of);
        now += test_random(&random) % max_step + (test_random(&random) % 5000 == 0 ? HZ / 20 : 0);
    }
    transmit_end(p.s, now);
    check_totals(p.s, taken_of);
    CHECK_EQUAL(p.s->tx.intended, (pacing_due_before(&p.s->pacing, p.s->end)) * burst);
    CHECK(p.s->tx.missed > 0 && p.s->tx.not_taken > 0 && p.s->tx.max_behind_ticks >= HZ / 20);
    CHECK_EQUAL(p.s->tx.given_up_age_ns, 10 * NS_PER_MS);
    free(taken_of);
    paced_end(&p);
}

/* A port that takes all until an instant and nothing from then on. The sender goes on until the last burst of the
 * steady state is older than the debt limit, and no longer. */
static void test_shut_port(uint64_t shut, uint64_t cool_down, uint64_t is_over)
{
    struct paced p;
    uint64_t now = BEGIN;

    paced_begin(&p, 100000, 4);
    p.s->end = p.s->steady_end + cool_down;
    uint32_t *taken_of = calloc(100000 / 4 + 1, sizeof(*taken_of));
    for (; !transmit_is_over(p.s, now, true); now += STEP) {
        if (now >= shut)
            p.fake.takes = 1 - (now >= shut + STEP); /* of the last burst only a part */
        paced_try(&p, now, taken_of);
    }
    if (!CHECK(now >= is_over && now < is_over + 2 * STEP + HZ / 25000))
        fprintf(stderr, "  over at %" PRIu64 ", not at %" PRIu64 "\n", now - BEGIN, is_over - BEGIN);
    transmit_end(p.s, now);
    check_totals(p.s, taken_of);
    CHECK_EQUAL(p.s->tx.intended, (pacing_due_before(&p.s->pacing, p.s->end)) * 4);
    CHECK_EQUAL(p.s->tx.given_up_age_ns, 10 * NS_PER_MS);
    free(taken_of);
    paced_end(&p);
}

/* Stopped while the port stands still: nothing that was due is forgotten, but for the last millisecond, and what was
 * cut off is not said to be older than it is. */
static void test_stop(void)
{
    struct paced p;
    uint64_t now = BEGIN, stop = BEGIN + HZ / 2, shut = stop - HZ / 200;

    paced_begin(&p, 100000, 4);
    uint32_t *taken_of = calloc(100000 / 4 + 1, sizeof(*taken_of));
    for (; now < stop; now += STEP) {
        p.fake.takes = now < shut ? 4 : 0;
        paced_try(&p, now, taken_of);
    }
    transmit_end(p.s, now);
    check_totals(p.s, taken_of);
    uint64_t grace = clock_ns_to_ticks(END_GRACE_NS);
    CHECK_EQUAL(p.s->tx.intended, pacing_due_before(&p.s->pacing, now - grace) * 4);
    CHECK_EQUAL(p.s->tx.not_taken, 4);
    CHECK(p.s->tx.missed > 0);
    uint64_t at_most = clock_ticks_to_ns(grace + HZ / 25000 + 2);
    CHECK(p.s->tx.given_up_age_ns >= clock_ticks_to_ns(grace) && p.s->tx.given_up_age_ns < at_most);
    free(taken_of);
    paced_end(&p);
}

/* A thread that comes back long after the end gives up what was due, and no burst that would have been due behind the
 * end. */
static void test_absence(bool refused)
{
    struct paced p;

    paced_begin(&p, 100000, 4);
    uint32_t *taken_of = calloc(100000 / 4 + 1, sizeof(*taken_of));
    p.fake.takes = refused ? 3 : 4;
    paced_try(&p, BEGIN, taken_of);
    uint64_t now = p.s->end + HZ;
    CHECK(!transmit_is_over(p.s, now, true));
    CHECK_EQUAL((uint64_t)transmit_if_due(p.s, now), 0);
    CHECK(transmit_is_over(p.s, now, true));
    transmit_end(p.s, now);
    check_totals(p.s, taken_of);
    CHECK_EQUAL(p.s->tx.intended, pacing_due_before(&p.s->pacing, p.s->end) * 4);
    CHECK_EQUAL(p.s->tx.not_taken, refused ? 1 : 0);
    free(taken_of);
    paced_end(&p);
}

/* Bursts rarer than the debt limit is long: one that is too late is given up, and the one behind it not sent before its
 * time. */
static void test_rare_bursts(void)
{
    struct paced p;

    paced_begin(&p, 10, 1);
    CHECK_EQUAL((uint64_t)transmit_if_due(p.s, BEGIN), 1);
    CHECK_EQUAL((uint64_t)transmit_if_due(p.s, BEGIN + HZ / 10 + 2 * MAX_DEBT), 0);
    CHECK_EQUAL(p.s->pacing.missed, 1);
    CHECK_EQUAL(p.s->tx.offered, 1);
    CHECK_EQUAL((uint64_t)transmit_if_due(p.s, BEGIN + HZ / 5), 1);
    CHECK_EQUAL(p.s->tx.offered, 2);
    paced_end(&p);
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
    pacing_begin(&s->pacing, BEGIN, HZ, options.rate_pps, 7, HZ / 100, &regular);
    for (uint64_t now = BEGIN; !transmit_is_over(s, now, true); now += 1000)
        CHECK(transmit_if_due(s, now) >= 0);
    transmit_end(s, s->end);
    CHECK_EQUAL(s->tx.missed + s->tx.not_taken, 0);
    CHECK_EQUAL(s->tx.offered, (1000003 + 6) / 7 * 7);
    CHECK_EQUAL(s->tx.intended, s->tx.offered);
    CHECK(s->tx.max_behind_ticks < 1000);
    fake_close(&fake);
    free(s);
}

/* The same of arrivals that are not regular. */
static void test_irregular(enum schedule_kind kind, uint64_t rate, uint32_t burst, uint32_t train_bursts)
{
    struct schedule_plan plan = {
        .kind = kind,
        .rate_pps = rate,
        .burst = burst,
        .train_packets = (uint64_t)train_bursts * burst,
        .pause_ns = (uint64_t)train_bursts * burst * NS_PER_SECOND / rate * 3 / 4,
        .pair = 5,
    };

    CHECK_EQUAL((uint64_t)schedule_init(&schedule, &plan, HZ), 0);
    test_schedule(rate, burst);
    test_debt(rate, burst);
    if (rate >= 100000 && rate <= 1000000 && burst <= 32)
        test_sender(rate, rate, burst, 20000);
    schedule_free_offsets(&schedule);
    schedule = regular;
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
    for (size_t r = 1; r < sizeof(rates) / sizeof(rates[0]); r++) {
        test_irregular(SCHEDULE_POISSON, rates[r], 1, 0);
        test_irregular(SCHEDULE_POISSON, rates[r], 32, 0);
        test_irregular(SCHEDULE_ON_OFF, rates[r], 4, 1);
        test_irregular(SCHEDULE_ON_OFF, rates[r], 4, 8);
        test_irregular(SCHEDULE_ON_OFF, rates[r], 1, 1000);
    }
    test_irregular(SCHEDULE_POISSON, 100000, 4, 0);
    test_punctual_sender();
    uint64_t steady_end = BEGIN + HZ / 10 + HZ / 2, cool_down = HZ / 10, grace = clock_ns_to_ticks(END_GRACE_NS);
    test_shut_port(BEGIN + HZ / 3, cool_down, steady_end + cool_down + grace);
    test_shut_port(steady_end - HZ / 5000, cool_down, steady_end + cool_down + grace);
    test_shut_port(BEGIN + HZ / 3, 0, steady_end - HZ / 25000 + MAX_DEBT);
    test_shut_port(steady_end - HZ / 5000, MAX_DEBT / 4, steady_end - HZ / 25000 + MAX_DEBT);
    test_stop();
    test_absence(false);
    test_absence(true);
    test_rare_bursts();
    return test_end("pacing_test");
}
