/* SPDX-License-Identifier: Apache-2.0 */
/* How a sender and a client send: on schedule or as fast as the port takes packets. */
#ifndef VSW_TRANSMIT_H
#define VSW_TRANSMIT_H

#include "clock.h"
#include "session.h"

/* A burst that fell due just before the end is still sent, if it is not later than this: whoever keeps the pace
 * misses nothing. */
#define END_GRACE_NS NS_PER_MS

ALWAYS_INLINE int transmit_burst(struct session *s, uint64_t now, uint64_t intended)
{
    bool steady = now >= s->steady_begin && now < s->steady_end;
    int taken = departures_send(&s->departures, (unsigned)s->options->burst, now, intended, steady);

    if (taken <= 0)
        return taken;
    s->tx.offered += (unsigned)taken;
    if (steady)
        s->tx.steady_offered += (unsigned)taken;
    counter_set(&s->counters.tx_packets, s->tx.offered);
    return taken;
}

/* Whether the sending is over; never while a burst is due that has to be sent. */
ALWAYS_INLINE bool transmit_is_over(const struct session *s, uint64_t now, const bool paced)
{
    if (LIKELY(now < s->end))
        return false;
    return !paced || s->pacing.next_due >= s->end || now - s->end >= clock_ns_to_ticks(END_GRACE_NS);
}

/* Sends the next burst of the schedule if it is due. Returns the bursts tried, 0 or 1, or a negative errno. */
ALWAYS_INLINE int transmit_if_due(struct session *s, uint64_t now)
{
    if (now < s->pacing.next_due)
        return 0;
    uint64_t behind = now - s->pacing.next_due;
    if (behind > s->tx.max_behind_ticks)
        s->tx.max_behind_ticks = behind;
    pacing_limit_debt(&s->pacing, now);

    int taken = transmit_burst(s, now, s->pacing.next_due);
    if (taken < 0)
        return taken;
    s->tx.not_taken += s->options->burst - (unsigned)taken;
    pacing_advance(&s->pacing);
    return 1;
}

/* Until when a thread that paces itself may sleep: shortly before its next burst, or its end. */
ALWAYS_INLINE uint64_t transmit_wake_at(const struct session *s)
{
    return (s->pacing.next_due < s->end ? s->pacing.next_due : s->end) - s->wake_lead;
}

/* Completes the totals when the sending has come to its end. */
void transmit_end(struct session *s);

#endif
