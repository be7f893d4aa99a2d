/* SPDX-License-Identifier: Apache-2.0 */
#include "receive.h"

#include "sleep.h"

#define DRAIN_MAX_NS (2 * NS_PER_SECOND)
/* So much longer an answer is waited for that is still owed: whoever answers may be kept from its CPU for whole time
 * slices, and late is not lost. */
#define OWED_FACTOR 4

static uint64_t patience_ticks(const struct session *s, uint64_t expected)
{
    uint64_t ms = s->options->drain_ms * (arrivals_unique(&s->arrivals) < expected ? OWED_FACTOR : 1);

    return clock_ns_to_ticks(ms * NS_PER_MS);
}

int receive_until_quiet(struct session *s, int (*step)(struct session *s), uint64_t expected)
{
    uint64_t last_packet = clock_ticks();
    /* Who is not to wait looks once. */
    uint64_t give_up = last_packet + (s->options->drain_ms > 0 ? clock_ns_to_ticks(DRAIN_MAX_NS) : 0);

    for (;;) {
        uint64_t packets = s->arrivals.packets;
        uint64_t patience = patience_ticks(s, expected);
        uint64_t looked = clock_ticks();
        int n = step(s);
        if (n < 0)
            return n;
        if (s->arrivals.packets != packets)
            last_packet = clock_ticks();
        /* A look that late has to have found nothing: time without the CPU is no silence. */
        else if (looked - last_packet >= patience)
            return 0;
        if (looked >= give_up)
            return 0;
        if (n == 0 && s->options->wait == WAIT_YIELD)
            sched_yield();
        /* That the run is stopped is why we are here. */
        if (n == 0 && s->options->wait == WAIT_BLOCK)
            sleep_until(s, last_packet + patience, WAKE_BY_PACKET);
    }
}
