/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When bursts are due: an absolute schedule, in ticks, of burst 0, 1, 2, ...
 *
 * Burst k is due at begin + floor(k * burst * hz / rate). The remainder of each step is carried along, so the rate is
 * exact over any time and a late burst never shifts those behind it. Times may come from any clock.
 */
#ifndef VSW_PACING_H
#define VSW_PACING_H

#include <stdbool.h>
#include <stdint.h>

struct pacing {
    uint64_t begin;                /* ticks at which burst 0 is due */
    uint64_t step, step_remainder; /* ticks between bursts: step + step_remainder / rate */
    uint64_t rate_pps, ticks_per_burst_at_1_pps;
    uint64_t max_debt; /* ticks */
    /* The next burst: its number, when it is due, and the fraction of a tick, in units of 1/rate, that was cut off. */
    uint64_t next, next_due, next_fraction;
    uint64_t missed; /* bursts given up, those aside that the port refused */
};

/* rate_pps must not be 0. burst * hz must fit 64 bits. */
static inline void pacing_begin(struct pacing *p, uint64_t begin, uint64_t hz, uint64_t rate_pps, uint32_t burst,
                                uint64_t max_debt)
{
    uint64_t ticks = burst * hz;

    *p = (struct pacing){
        .begin = begin,
        .step = ticks / rate_pps,
        .step_remainder = ticks % rate_pps,
        .rate_pps = rate_pps,
        .ticks_per_burst_at_1_pps = ticks,
        .max_debt = max_debt,
        .next_due = begin,
    };
}

/* The next burst was sent, or given up. */
static inline void pacing_advance(struct pacing *p)
{
    p->next++;
    p->next_due += p->step;
    p->next_fraction += p->step_remainder;
    if (p->next_fraction >= p->rate_pps) {
        p->next_fraction -= p->rate_pps;
        p->next_due++;
    }
}

/* How many bursts of the schedule are due before an instant. */
static inline uint64_t pacing_due_before(const struct pacing *p, uint64_t ticks)
{
    if (ticks <= p->begin)
        return 0;
    /* floor(k * d / r) < t if and only if k < t * r / d. */
    unsigned __int128 scaled = (unsigned __int128)(ticks - p->begin) * p->rate_pps;
    return (uint64_t)((scaled + p->ticks_per_burst_at_1_pps - 1) / p->ticks_per_burst_at_1_pps);
}

/* Whether the next burst is overdue by more than the debt limit. */
static inline bool pacing_is_over_limit(const struct pacing *p, uint64_t now)
{
    return now > p->next_due && now - p->next_due > p->max_debt;
}

/* Gives up the bursts that are overdue by more than the debt limit, so that what is repaid at once has a bound. */
static inline void pacing_limit_debt(struct pacing *p, uint64_t now)
{
    if (!pacing_is_over_limit(p, now))
        return;
    uint64_t resume = pacing_due_before(p, now - p->max_debt);
    if (resume <= p->next)
        return;
    unsigned __int128 scaled = (unsigned __int128)resume * p->ticks_per_burst_at_1_pps;
    p->missed += resume - p->next;
    p->next = resume;
    p->next_due = p->begin + (uint64_t)(scaled / p->rate_pps);
    p->next_fraction = (uint64_t)(scaled % p->rate_pps);
}

/* When a burst is due. */
static inline uint64_t pacing_due(const struct pacing *p, uint64_t burst)
{
    return p->begin + (uint64_t)((unsigned __int128)burst * p->ticks_per_burst_at_1_pps / p->rate_pps);
}

/* Ends the schedule at an instant: bursts due before it that were not sent are missed. Returns how many bursts the
 * schedule asked for, those sent included. */
static inline uint64_t pacing_end(struct pacing *p, uint64_t end)
{
    uint64_t due = pacing_due_before(p, end);

    if (due > p->next) {
        p->missed += due - p->next;
        p->next = due;
    }
    return p->next;
}

#endif
