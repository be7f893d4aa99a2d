/* SPDX-License-Identifier: Apache-2.0 */
#include "receive.h"

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
        if (n == 0 && s->options->yields)
            sched_yield();
    }
    return 0;
}
