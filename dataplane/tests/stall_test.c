/* SPDX-License-Identifier: Apache-2.0 */
/* A port that stands still: the round trips of what was due meanwhile are those that arithmetic gives. */
#include <stdlib.h>

#include "../load/clock.h"
#include "../load/session.h"
#include "../load/transmit.h"
#include "test.h"

#define RATE_PPS 100000
#define DURATION_NS (2 * NS_PER_SECOND)
#define STALL_BEGIN_NS (700 * NS_PER_MS)
#define STALL_NS (200 * NS_PER_MS)
/* The loop of a client on a clock of its own: so long takes one turn. */
#define TURN_NS 1000

/* `loop`, but that it delivers nothing within the stall, so that its ring fills up. */
static struct io_ops still_ops;
static uint64_t now, stall_begin, stall_end;

static int rx_unless_still(struct io_port *port, struct io_slot *slots, unsigned n)
{
    if (now >= stall_begin && now < stall_end)
        return 0;
    int got = io_find("loop")->rx(port, slots, n);
    for (int i = 0; i < got; i++)
        slots[i].seen_ticks = now;
    return got;
}

static struct session *begin(struct options *o, uint64_t max_debt_ms)
{
    struct session *s = calloc(1, sizeof(*s));

    still_ops = *io_find("loop");
    still_ops.rx = rx_unless_still;
    *o = (struct options){
        .role = ROLE_CLIENT,
        .rate_pps = RATE_PPS,
        .burst = 1,
        .frame_len = 64,
        .touch_full = true,
        .duration_ms = DURATION_NS / NS_PER_MS,
        .max_debt_ms = max_debt_ms,
    };
    s->options = o;
    s->port.ops = &still_ops;
    s->port.config = (struct io_config){.device = "", .frame_len = 64, .burst = 1, .transmits = true, .receives = true};
    CHECK_EQUAL((uint64_t)still_ops.open(&s->port), 0);
    session_prepare(s);
    now = s->begin = s->steady_begin = clock_ticks();
    s->end = s->steady_end = now + clock_ns_to_ticks(DURATION_NS);
    stall_begin = now + clock_ns_to_ticks(STALL_BEGIN_NS);
    stall_end = stall_begin + clock_ns_to_ticks(STALL_NS);
    pacing_begin(&s->pacing, now, clock_rate.hz, RATE_PPS, 1, clock_ns_to_ticks(max_debt_ms * NS_PER_MS),
                 &(struct schedule){0});
    return s;
}

/* What client_run does, on our clock. */
static const struct histogram *play(struct session *s)
{
    const uint64_t turn = clock_ns_to_ticks(TURN_NS);

    for (; !transmit_is_over(s, now, true); now += turn) {
        CHECK(transmit_if_due(s, now) >= 0);
        int got = s->port.ops->rx(&s->port, s->rx_slots, 1);
        if (got > 0)
            arrivals_take(&s->arrivals, s->rx_slots, (unsigned)got);
    }
    transmit_end(s, now);
    histogram_censor(&s->arrivals.since_intended, s->tx.steady_intended - s->tx.steady_offered, s->tx.given_up_age_ns);
    return &s->arrivals.since_intended;
}

static void end(struct session *s)
{
    s->port.ops->close(&s->port);
    free(s);
}

static void check_near(const char *what, double actual, double expected)
{
    if (!CHECK(actual >= 0.95 * expected && actual <= 1.05 * expected))
        fprintf(stderr, "  %s is %.0f, not %.0f\n", what, actual, expected);
}

/*
 * The packet that is due x before the end of the stall waits for x, and for those before it to be caught up with: they
 * are sent TURN_NS apart. So the one due at the beginning waits longest, STALL_NS; when all of the stall are
 * caught up, later ones have queued up behind them, and the delay falls to nothing in
 * STALL_NS * TURN_NS / (spacing - TURN_NS) more. Delays fall in a straight line from STALL_NS to nothing over
 * `waiting` packets: their mean is half of the greatest.
 */
static void test_within_debt(void)
{
    struct options o;
    struct session *s = begin(&o, 1000);
    const struct histogram *h = play(s);
    const double spacing = (double)NS_PER_SECOND / RATE_PPS, packets = (double)DURATION_NS / spacing;
    const double waiting = (double)STALL_NS / (spacing - TURN_NS);

    CHECK_EQUAL(s->tx.intended, (uint64_t)packets);
    CHECK_EQUAL(s->tx.offered, s->tx.intended);
    CHECK_EQUAL(h->count, s->tx.intended);
    CHECK_EQUAL(h->censored, 0);
    check_near("mean", (double)h->sum / (double)h->count, (double)STALL_NS / 2 * waiting / packets);
    static const unsigned quantiles[] = {9000, 9900, 9990};
    for (int i = 0; i < 3; i++) {
        double above = packets * (1 - quantiles[i] / 10000.0);
        check_near("a quantile", (double)histogram_quantile(h, quantiles[i]),
                   (double)STALL_NS * (waiting - above) / waiting);
    }
    end(s);
}

/* With a limit of 50 ms the packets of three quarters of the stall are given up, but for those in the ring: at least
 * 12 950 of 200 000. No quantile among them is told. */
static void test_beyond_debt(void)
{
    struct options o;
    struct session *s = begin(&o, 50);
    const struct histogram *h = play(s);

    CHECK_EQUAL(s->tx.intended, s->tx.offered + s->tx.not_taken + s->tx.missed);
    CHECK_EQUAL(h->count + h->censored, s->tx.intended);
    CHECK_EQUAL(h->censored_at_least, 50 * NS_PER_MS);
    CHECK(h->censored > 12900 && h->censored < 13000);
    CHECK(histogram_quantile(h, 9000) < 50 * NS_PER_MS);
    CHECK_EQUAL(histogram_quantile(h, 9900), HISTOGRAM_UNKNOWN);
    CHECK_EQUAL(histogram_quantile(h, 9999), HISTOGRAM_UNKNOWN);
    end(s);
}

/* A thread that was off its CPU looks at the clock only long after the end: what is given up then fell due before it.
 */
static void test_late_at_the_end(void)
{
    struct options o;
    struct session *s = begin(&o, 10);

    CHECK_EQUAL((uint64_t)transmit_if_due(s, now), 1);
    now = s->end + clock_ns_to_ticks(50 * NS_PER_MS);
    CHECK_EQUAL((uint64_t)transmit_if_due(s, now), 0);
    CHECK(transmit_is_over(s, now, true));
    transmit_end(s, now);
    CHECK_EQUAL(s->tx.intended, RATE_PPS * (DURATION_NS / NS_PER_SECOND));
    CHECK_EQUAL(s->tx.steady_intended, s->tx.intended);
    CHECK_EQUAL(s->tx.intended, s->tx.offered + s->tx.not_taken + s->tx.missed);
    end(s);
}

int main(void)
{
    clock_calibrate();
    test_late_at_the_end();
    test_within_debt();
    test_beyond_debt();
    return test_end("stall_test");
}
