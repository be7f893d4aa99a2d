/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver: takes what its port delivers until it is told to stop and nothing more comes. */
#include "receive.h"
#include "sleep.h"

ALWAYS_INLINE int run(struct session *s, const enum wait_way wait)
{
    while (control_stopped_by(&s->control) == STOP_NONE) {
        int n = receive_burst(s);
        if (UNLIKELY(n < 0))
            return n;
        if (wait == WAIT_YIELD && n == 0)
            sched_yield();
        if (wait == WAIT_BLOCK && n == 0)
            sleep_until(s, SLEEP_FOREVER, WAKE_BY_PACKET | WAKE_BY_STOP);
    }
    return 0;
}

/* A loop for each way to wait, with no test of it inside. */
static int run_as_told(struct session *s)
{
    switch (s->options->wait) {
    case WAIT_YIELD:
        return run(s, WAIT_YIELD);
    case WAIT_BLOCK:
        return run(s, WAIT_BLOCK);
    default:
        return run(s, WAIT_POLL);
    }
}

static int step(struct session *s)
{
    return receive_burst(s);
}

int receiver_run(struct session *s)
{
    int error = run_as_told(s);

    return error < 0 ? error : receive_until_quiet(s, step, EXPECTED_UNKNOWN);
}
