/* SPDX-License-Identifier: Apache-2.0 */
#include "transmit.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void transmit_end(struct session *s)
{
    uint64_t now = clock_ticks();
    uint64_t burst = s->options->burst;

    s->tx.ended_ns = clock_ns(CLOCK_MONOTONIC);
    if (s->options->rate_pps == 0) {
        s->tx.intended = s->tx.offered;
        s->tx.steady_intended = s->tx.steady_offered;
        return;
    }
    uint64_t end = earlier(now, s->end);
    s->tx.intended = pacing_end(&s->pacing, end) * burst;
    s->tx.missed = s->pacing.missed * burst;
    s->tx.steady_intended = (pacing_due_before(&s->pacing, earlier(s->steady_end, end)) -
                             pacing_due_before(&s->pacing, earlier(s->steady_begin, end))) *
                            burst;
}
