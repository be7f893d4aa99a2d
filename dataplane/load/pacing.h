/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When bursts are due: an absolute schedule, in ticks, of burst 0, 1, 2, ...
 *
 * Round k of a schedule begins at begin + floor(k * packets * hz / rate), and each of its bursts is due so long after
 * that as the schedule says; a regular one has one burst a round. The remainder of each step is carried along, so the
 * rate is exact over any number of rounds and a late burst never shifts those behind it. Times may come from any clock.
 */
#ifndef VSW_PACING_H
#define VSW_PACING_H

#include <stdbool.h>
#include <stdint.h>

#include "schedule.h"

struct pacing {
    uint64_t begin;                /* ticks at which burst 0 is due */
    uint64_t step, step_remainder; /* ticks between rounds: step + step_remainder / rate */
    uint64_t rate_pps, ticks_per_round_at_1_pps;
    uint64_t max_debt;       /* ticks */
    const uint64_t *offsets; /* of the bursts of a round; NULL: it has one, which is due when the round begins */
    uint32_t bursts;         /* of a round */
    /* The next burst: its number, when it is due, and the fraction of a tick, in units of 1/rate, that was cut off when
     * its round began. */
    uint64_t next, next_due, next_fraction;
    uint32_t next_of_round;    /* which of its round it is */
    uint64_t next_round_begin; /* where there are offsets: when its round began */
    uint64_t missed;           /* bursts given up, those aside that the port refused */
};

/* rate_pps must not be 0. The packets of a round * hz must fit 64 bits. The schedule's offsets are used from now on. */
static inline void pacing_begin(struct pacing *p, uint64_t begin, uint64_t hz, uint64_t rate_pps, uint32_t burst,
                                uint64_t max_debt, const struct schedule *schedule)
{
    uint32_t bursts = schedule->bursts > 0 ? schedule->bursts : 1;
    uint64_t ticks = (uint64_t)bursts * burst * hz;

    *p = (struct pacing){
        .begin = begin,
        .step = ticks / rate_pps,
        .step_remainder = ticks % rate_pps,
        .rate_pps = rate_pps,
        .ticks_per_round_at_1_pps = ticks,
        .max_debt = max_debt,
        .offsets = schedule->offsets,
        .bursts = bursts,
        .next_due = begin,
        .next_round_begin = begin,
    };
}

/* Ticks between two bursts, as long as they are on average. */
static inline uint64_t pacing_mean_step(const struct pacing *p)
{
    return p->offsets == NULL ? p->step : p->step / p->bursts;
}

/* By how many ticks the round behind the next burst's begins later than that one. */
static inline uint64_t pacing_step_on(struct pacing *p)
{
    p->next_fraction += p->step_remainder;
    if (p->next_fraction < p->rate_pps)
        return p->step;
    p->next_fraction -= p->rate_pps;
    return p->step + 1;
}

/* The next burst was sent, or given up. */
static inline void pacing_advance(struct pacing *p)
{
    p->next++;
    if (p->offsets == NULL) {
        p->next_due += pacing_step_on(p);
        return;
    }
    if (++p->next_of_round == p->bursts) {
        p->next_of_round = 0;
        p->next_round_begin += pacing_step_on(p);
    }
    p->next_due = p->next_round_begin + p->offsets[p->next_of_round];
}

/* How many bursts of a round are due before so many ticks since it began. */
static inline uint64_t pacing_of_round_before(const struct pacing *p, uint64_t ticks)
{
    uint32_t low = 0, high = p->bursts;

    if (p->offsets == NULL)
        return ticks > 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->offsets[middle] < ticks)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* When a round begins, in ticks since the first one did. */
static inline uint64_t pacing_round(const struct pacing *p, uint64_t round)
{
    return (uint64_t)((unsigned __int128)round * p->ticks_per_round_at_1_pps / p->rate_pps);
}

/* How many bursts of the schedule are due before an instant. */
static inline uint64_t pacing_due_before(const struct pacing *p, uint64_t ticks)
{
    if (ticks <= p->begin)
        return 0;
    uint64_t since = ticks - p->begin;
    /* Rounds that have begun: floor(k * d / r) < t if and only if k < t * r / d. */
    unsigned __int128 scaled = (unsigned __int128)since * p->rate_pps;
    uint64_t rounds = (uint64_t)((scaled + p->ticks_per_round_at_1_pps - 1) / p->ticks_per_round_at_1_pps);
    return (rounds - 1) * p->bursts + pacing_of_round_before(p, since - pacing_round(p, rounds - 1));
}

/* When a burst is due. */
static inline uint64_t pacing_due(const struct pacing *p, uint64_t burst)
{
    uint64_t offset = p->offsets == NULL ? 0 : p->offsets[burst % p->bursts];

    return p->begin + pacing_round(p, burst / p->bursts) + offset;
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
    uint64_t resume = pacing_due_before(p, now - p->max_debt), round = resume / p->bursts;
    if (resume <= p->next)
        return;
    p->missed += resume - p->next;
    p->next = resume;
    p->next_of_round = (uint32_t)(resume % p->bursts);
    p->next_round_begin = p->begin + pacing_round(p, round);
    p->next_fraction = (uint64_t)((unsigned __int128)round * p->ticks_per_round_at_1_pps % p->rate_pps);
    p->next_due = pacing_due(p, resume);
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
