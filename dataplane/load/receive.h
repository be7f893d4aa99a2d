/* SPDX-License-Identifier: Apache-2.0 */
/* How a receiver, a server and a client receive. */
#ifndef VSW_RECEIVE_H
#define VSW_RECEIVE_H

#include <sched.h>

#include "clock.h"
#include "session.h"

/* Asks the port once for a burst. Returns how many slots of rx_slots it filled, or a negative errno. */
ALWAYS_INLINE int receive_poll(struct session *s)
{
    int n = s->port.ops->rx(&s->port, s->rx_slots, (unsigned)s->options->burst);

    counter_add(&s->counters.polls, 1);
    if (n == 0)
        counter_add(&s->counters.empty_polls, 1);
    return n;
}

ALWAYS_INLINE void receive_release(struct session *s)
{
    if (s->port.ops->rx_release != NULL)
        s->port.ops->rx_release(&s->port);
}

/* Takes the packets of a burst; their slots stay lent. Returns how many packets are kept at the front of rx_slots. */
ALWAYS_INLINE unsigned receive_take(struct session *s, int n)
{
    unsigned kept = arrivals_take(&s->arrivals, s->rx_slots, (unsigned)n);

    counter_set(&s->counters.rx_packets, s->arrivals.packets);
    counter_set(&s->counters.rx_unique_packets, arrivals_unique(&s->arrivals));
    return kept;
}

/* Receives what is there, without waiting. Returns a count of packets, or a negative errno. */
ALWAYS_INLINE int receive_burst(struct session *s)
{
    int n = receive_poll(s);

    if (n > 0) {
        receive_take(s, n);
        receive_release(s);
    }
    return n;
}

/* Repeats a step, which receives a burst and returns as receive_burst does, until no packet of ours has come for
 * drain_ms, or four times as long while fewer than `expected` unique ones are there, but not for ever. 0 or a negative
 * errno. */
int receive_until_quiet(struct session *s, int (*step)(struct session *s), uint64_t expected);

/* For those who do not know how many were sent. */
#define EXPECTED_UNKNOWN 0

#endif
