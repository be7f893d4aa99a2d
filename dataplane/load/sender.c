/* SPDX-License-Identifier: Apache-2.0 */
/* The sender: puts packets on its port, on schedule or as fast as it can. */
#include <sched.h>

#include "transmit.h"

/* How many packets a sender that yields may send in one turn: a change of process costs as much as some fifty packets,
 * and the rings of a switch hold four such turns. */
#define TURN_PACKETS 256

ALWAYS_INLINE int run(struct session *s, const bool paced, const bool yields)
{
    uint64_t turn_end = TURN_PACKETS;

    while (control_stopped_by(&s->control) == STOP_NONE) {
        uint64_t now = clock_ticks();
        if (transmit_is_over(s, now, paced))
            break;

        uint64_t offered = s->tx.offered;
        int done = paced ? transmit_if_due(s, now) : transmit_burst(s, now, now);
        if (UNLIKELY(done < 0))
            return done;
        if (!paced || done > 0) {
            counter_add(&s->counters.polls, 1);
            if (s->tx.offered == offered)
                counter_add(&s->counters.empty_polls, 1);
        }
        if (yields && (s->tx.offered == offered || s->tx.offered >= turn_end)) {
            sched_yield();
            turn_end = s->tx.offered + TURN_PACKETS;
        } else if (!yields && paced && done == 0)
            clock_relax();
    }
    return 0;
}

int sender_run(struct session *s)
{
    bool paced = s->options->rate_pps > 0;
    int error;

    if (s->options->yields)
        error = paced ? run(s, true, true) : run(s, false, true);
    else
        error = paced ? run(s, true, false) : run(s, false, false);
    transmit_end(s);
    return error;
}
