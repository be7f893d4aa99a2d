/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sender and a client send: on schedule or as fast as the port takes packets.
 *
 * On schedule, what is due stays due. A burst that the port refuses, or the rest of it, is tried again before any burst
 * behind it, still under the time at which it was due, until it is older than the debt limit: a port that stands still
 * delays packets, and does not take them out of the record. What is given up is counted, and so are the packets of the
 * steady state among it.
 */
#ifndef VSW_TRANSMIT_H
#define VSW_TRANSMIT_H

#include "clock.h"
#include "session.h"
#include "sleep.h"

/* How many packets a sender that yields may send in one turn: a change of process costs as much as some fifty packets,
 * and the rings of a switch hold four such turns. */
#define TURN_PACKETS 256

/* A burst that fell due just before the end is still sent, if it is not later than this: whoever keeps the pace
 * misses nothing. */
#define END_GRACE_NS NS_PER_MS

/* Tries to send n packets. Returns how many the port took, or a negative errno. */
ALWAYS_INLINE int transmit_burst(struct session *s, unsigned n, uint64_t now, uint64_t intended)
{
    /* By the time at which it was due: a stall must not move the packets that it delays out of the steady state. */
    bool steady = intended >= s->steady_begin && intended < s->steady_end;
    int taken = departures_send(&s->departures, n, now, intended, steady);

    if (taken <= 0)
        return taken;
    s->tx.offered += (unsigned)taken;
    if (steady)
        s->tx.steady_offered += (unsigned)taken;
    counter_set(&s->counters.tx_packets, s->tx.offered);
    return taken;
}

/* Sends as much of a burst as the port takes now, without a schedule. */
ALWAYS_INLINE int transmit_at_once(struct session *s, uint64_t now)
{
    return transmit_burst(s, (unsigned)s->options->burst, now, now);
}

/* Whether the sending is over. Not while a burst of the steady state is due, which is sent or given up for its age;
 * those of the cool-down are not waited for. */
ALWAYS_INLINE bool transmit_is_over(const struct session *s, uint64_t now, const bool paced)
{
    if (LIKELY(now < s->end))
        return false;
    if (!paced || s->pacing.next_due >= s->end)
        return true;
    return s->pacing.next_due >= s->steady_end && now - s->end >= clock_ns_to_ticks(END_GRACE_NS);
}

/* Gives up what is overdue by more than the debt limit. */
void transmit_give_up(struct session *s, uint64_t now);

/* Sends the next burst of the schedule, or what is left of it, if it is due. Returns the bursts tried, 0 or 1, or a
 * negative errno. */
ALWAYS_INLINE int transmit_if_due(struct session *s, uint64_t now)
{
    if (now < s->pacing.next_due)
        return 0;
    uint64_t behind = now - s->pacing.next_due;
    if (behind > s->tx.max_behind_ticks)
        s->tx.max_behind_ticks = behind;
    if (UNLIKELY(pacing_is_over_limit(&s->pacing, now))) {
        transmit_give_up(s, now);
        /* It may be that nothing is left that is due. */
        if (now < s->pacing.next_due || s->pacing.next_due >= s->end)
            return 0;
    }

    const bool counts_trains = s->trains.packets > 0;
    if (UNLIKELY(counts_trains) && s->pacing.next_of_round == 0 && !s->tx.next_is_refused)
        trains_begin(&s->trains, now);
    unsigned left = (unsigned)s->options->burst - s->tx.taken_of_next;
    int taken = transmit_burst(s, left, now, s->pacing.next_due);
    if (UNLIKELY(taken < 0))
        return taken;
    s->tx.next_is_refused = (unsigned)taken < left;
    if (UNLIKELY(s->tx.next_is_refused)) {
        s->tx.taken_of_next += (unsigned)taken;
        s->trains.is_refused = true;
        return 1;
    }
    s->tx.taken_of_next = 0;
    pacing_advance(&s->pacing);
    if (UNLIKELY(counts_trains) && s->pacing.next_of_round == 0)
        trains_end(&s->trains, clock_ticks());
    return 1;
}

/* Within a train, which is sent in one go. */
ALWAYS_INLINE bool transmit_is_in_train(const struct session *s)
{
    return s->trains.packets > 0 && s->pacing.next_of_round > 0;
}

/* Until when a thread that paces itself may sleep, if nothing else wakes it: shortly before its next burst, or its end.
 * A burst that the port has refused waits for room, until it would be given up. */
ALWAYS_INLINE uint64_t transmit_wake_at(const struct session *s)
{
    if (s->tx.next_is_refused)
        return s->pacing.next_due + s->pacing.max_debt;
    return (s->pacing.next_due < s->end ? s->pacing.next_due : s->end) - s->wake_lead;
}

/* What else wakes it. */
ALWAYS_INLINE unsigned transmit_wakers(const struct session *s)
{
    return s->tx.next_is_refused ? WAKE_BY_ROOM | WAKE_BY_STOP : WAKE_BY_STOP;
}

/* Completes the totals when the sending has come to its end. */
void transmit_end(struct session *s, uint64_t now);

#endif
