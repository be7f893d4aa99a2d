/* SPDX-License-Identifier: Apache-2.0 */
#include "receive.h"

#include "sleep.h"

#define DRAIN_MAX_NS (2 * NS_PER_SECOND)

int receive_until_quiet(struct session *s, int (*step)(struct session *s))
{
    uint64_t patience = clock_ns_to_ticks(s->options->drain_ms * NS_PER_MS);
    uint64_t now = clock_ticks();
    uint64_t give_up = now + clock_ns_to_ticks(DRAIN_MAX_NS);
    uint64_t last_packet = now;

    while (now < give_up && now - last_packet < patience) {
        uint64_t packets = s->arrivals.packets;
        int n = step(s);
        if (n < 0)
            return n;
        now = clock_ticks();
        if (s->arrivals.packets != packets)
            last_packet = now;
        if (n == 0 && s->options->wait == WAIT_YIELD)
            sched_yield();
        /* That the run is stopped is why we are here. */
        if (n == 0 && s->options->wait == WAIT_BLOCK)
            sleep_until(s, last_packet + patience, WAKE_BY_PACKET);
    }
    return 0;
}
