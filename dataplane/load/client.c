/* SPDX-License-Identifier: Apache-2.0 */
/* The client: sends as a sender does and takes the echoes between its bursts. */
#include "receive.h"
#include "sleep.h"
#include "transmit.h"

ALWAYS_INLINE int run(struct session *s, const bool paced, const enum wait_way wait)
{
    while (LIKELY(!control_has_news(&s->control)) || session_heeds_news(s)) {
        uint64_t now = clock_ticks();
        if (transmit_is_over(s, now, paced))
            break;

        int sent = paced ? transmit_if_due(s, now) : transmit_at_once(s, now);
        if (UNLIKELY(sent < 0))
            return sent;
        if (wait == WAIT_YIELD && sent > 0)
            sched_yield();
        int received = receive_burst(s);
        if (UNLIKELY(received < 0))
            return received;
        if (wait == WAIT_YIELD && received == 0)
            sched_yield();
        if (wait == WAIT_BLOCK && received == 0) {
            if (paced)
                sleep_until(s, transmit_wake_at(s), transmit_wakers(s) | WAKE_BY_PACKET);
            else if (sent == 0)
                sleep_until(s, s->end, WAKE_BY_PACKET | WAKE_BY_ROOM | WAKE_BY_STOP);
        }
    }
    return 0;
}

static int step(struct session *s)
{
    return receive_burst(s);
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

int client_run(struct session *s)
{
    bool paced = s->options->rate_pps > 0;
    int error = run_as_told(s, paced);

    transmit_end(s, clock_ticks());
    histogram_censor(&s->arrivals.since_intended, s->tx.steady_intended - s->tx.steady_offered, s->tx.given_up_age_ns);
    return error < 0 ? error : receive_until_quiet(s, step, s->tx.offered);
}
