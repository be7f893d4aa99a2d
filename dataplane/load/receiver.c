/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver: takes what its port delivers until it is told to stop and nothing more comes. */
#include "receive.h"

ALWAYS_INLINE int run(struct session *s, const bool yields)
{
    while (control_stopped_by(&s->control) == STOP_NONE) {
        int n = receive_burst(s);
        if (UNLIKELY(n < 0))
            return n;
        if (yields && n == 0)
            sched_yield();
    }
    return 0;
}

static int step(struct session *s)
{
    return receive_burst(s);
}

int receiver_run(struct session *s)
{
    int error = s->options->yields ? run(s, true) : run(s, false);

    return error < 0 ? error : receive_until_quiet(s, step);
}
