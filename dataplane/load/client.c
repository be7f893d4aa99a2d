/* SPDX-License-Identifier: Apache-2.0 */
/* The client: sends as a sender does and takes the echoes between its bursts. */
#include "receive.h"
#include "transmit.h"

ALWAYS_INLINE int run(struct session *s, const bool paced, const bool yields)
{
    while (control_stopped_by(&s->control) == STOP_NONE) {
        uint64_t now = clock_ticks();
        if (transmit_is_over(s, now, paced))
            break;

        int sent = paced ? transmit_if_due(s, now) : transmit_burst(s, now, now);
        if (UNLIKELY(sent < 0))
            return sent;
        if (yields && sent > 0)
            sched_yield();
        int received = receive_burst(s);
        if (UNLIKELY(received < 0))
            return received;
        if (yields && received == 0)
            sched_yield();
    }
    return 0;
}

static int step(struct session *s)
{
    return receive_burst(s);
}

int client_run(struct session *s)
{
    bool paced = s->options->rate_pps > 0;
    int error;

    if (s->options->yields)
        error = paced ? run(s, true, true) : run(s, false, true);
    else
        error = paced ? run(s, true, false) : run(s, false, false);
    transmit_end(s);
    return error < 0 ? error : receive_until_quiet(s, step);
}
