/* SPDX-License-Identifier: Apache-2.0 */
/* The sender: puts packets on its port, on schedule or as fast as it can. */
#include <sched.h>

#include "sleep.h"
#include "transmit.h"

ALWAYS_INLINE int run(struct session *s, const bool paced, const enum wait_way wait)
{
    uint64_t turn_end = TURN_PACKETS;

    while (LIKELY(!control_has_news(&s->control)) || session_heeds_news(s)) {
        uint64_t now = clock_ticks();
        if (transmit_is_over(s, now, paced))
            break;

        uint64_t offered = s->tx.offered;
        int done = paced ? transmit_if_due(s, now) : transmit_at_once(s, now);
        if (UNLIKELY(done < 0))
            return done;
        if (!paced || done > 0) {
            counter_add(&s->counters.polls, 1);
            if (s->tx.offered == offered)
                counter_add(&s->counters.empty_polls, 1);
        }
        if (wait == WAIT_YIELD &&
            (s->tx.offered == offered || (s->tx.offered >= turn_end && !transmit_is_in_train(s)))) {
            sched_yield();
            turn_end = s->tx.offered + TURN_PACKETS;
        } else if (wait == WAIT_BLOCK && !paced && s->tx.offered == offered)
            sleep_until(s, s->end, WAKE_BY_ROOM | WAKE_BY_STOP);
        else if (wait == WAIT_BLOCK && paced && (done == 0 || s->tx.next_is_refused))
            sleep_until(s, transmit_wake_at(s), transmit_wakers(s));
        else if (wait == WAIT_POLL && paced && (done == 0 || s->tx.next_is_refused))
            clock_relax();
    }
    return 0;
}

/* A loop for each way to pace and to wait, with no test of them inside. */
static int run_as_told(struct session *s, bool paced)
{
    switch (s->options->wait) {
    case WAIT_YIELD:
        return paced ? run(s, true, WAIT_YIELD) : run(s, false, WAIT_YIELD);
    case WAIT_BLOCK:
        return paced ? run(s, true, WAIT_BLOCK) : run(s, false, WAIT_BLOCK);
    default:
        return paced ? run(s, true, WAIT_POLL) : run(s, false, WAIT_POLL);
    }
}

int sender_run(struct session *s)
{
    bool paced = s->options->rate_pps > 0;
    int error = run_as_told(s, paced);

    transmit_end(s, clock_ticks());
    return error;
}
