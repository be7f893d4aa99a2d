/* SPDX-License-Identifier: Apache-2.0 */
#include "transmit.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Gives up what is left of the next burst, if the port has refused it. */
static void give_up_refused(struct session *s)
{
    if (!s->tx.next_is_refused)
        return;
    s->tx.not_taken += s->options->burst - s->tx.taken_of_next;
    s->tx.taken_of_next = 0;
    s->tx.next_is_refused = false;
    pacing_advance(&s->pacing);
}

void transmit_give_up(struct session *s, uint64_t now)
{
    /* Of the train that is under way some is missing now. */
    s->trains.is_refused = true;
    give_up_refused(s);
    /* Whoever comes late to the end gives up what fell due before it, and no more. */
    pacing_limit_debt(&s->pacing, earlier(now, s->end + s->pacing.max_debt));
    counter_set(&s->counters.given_up_packets, s->tx.not_taken + s->pacing.missed * s->options->burst);
}

/* The number of the first burst that is no longer due in the steady state, of those that the schedule has got to. */
static uint64_t steady_bursts_end(const struct session *s)
{
    return earlier(pacing_due_before(&s->pacing, s->steady_end), s->pacing.next);
}

/* How late those packets of the steady state are at the least that were given up. That is the debt limit, but where a
 * stop cut off younger ones: no burst before first_cut_off is one of these. */
static uint64_t given_up_age_ns(const struct session *s, uint64_t now, uint64_t first_cut_off)
{
    uint64_t end = steady_bursts_end(s), limit_ns = s->options->max_debt_ms * NS_PER_MS;

    if (end <= first_cut_off)
        return limit_ns;
    uint64_t youngest_due = pacing_due(&s->pacing, end - 1);
    return earlier(limit_ns, now > youngest_due ? clock_ticks_to_ns(now - youngest_due) : 0);
}

void transmit_end(struct session *s, uint64_t now)
{
    uint64_t burst = s->options->burst;

    s->tx.ended_ns = clock_ns(CLOCK_MONOTONIC);
    trains_cut_off(&s->trains);
    if (s->options->rate_pps == 0) {
        s->tx.intended = s->tx.offered;
        s->tx.steady_intended = s->tx.steady_offered;
        return;
    }
    /* Of a run that is cut off, nothing is asked for that fell due in its last moment. */
    uint64_t grace = clock_ns_to_ticks(END_GRACE_NS);
    uint64_t end = now >= s->end ? s->end : now - earlier(grace, now - s->pacing.begin);
    uint64_t first_cut_off = s->pacing.next;

    give_up_refused(s);
    s->tx.intended = pacing_end(&s->pacing, end) * burst;
    s->tx.missed = s->pacing.missed * burst;
    uint64_t steady_begin = earlier(pacing_due_before(&s->pacing, s->steady_begin), s->pacing.next);
    s->tx.steady_intended = (steady_bursts_end(s) - steady_begin) * burst;
    s->tx.given_up_age_ns = given_up_age_ns(s, now, first_cut_off);
}
