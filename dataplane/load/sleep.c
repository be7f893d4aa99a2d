/* SPDX-License-Identifier: Apache-2.0 */
#include "sleep.h"

#include <poll.h>

#include "clock.h"

void sleep_until(const struct session *s, uint64_t until, unsigned wake_by)
{
    /* poll(2) passes over negative descriptors. */
    struct pollfd fds[] = {
        {.fd = wake_by & WAKE_BY_PACKET ? s->rx_fd : -1, .events = POLLIN},
        {.fd = wake_by & WAKE_BY_ROOM ? s->tx_fd : -1, .events = POLLOUT},
        {.fd = wake_by & WAKE_BY_STOP ? s->control.stop_fd : -1, .events = POLLIN},
    };
    const nfds_t count = sizeof(fds) / sizeof(fds[0]);

    if (until == SLEEP_FOREVER) {
        ppoll(fds, count, NULL, NULL);
        return;
    }
    uint64_t now = clock_ticks();
    if (until <= now)
        return;
    uint64_t ns = clock_ticks_to_ns(until - now);
    struct timespec timeout = {.tv_sec = (time_t)(ns / NS_PER_SECOND), .tv_nsec = (long)(ns % NS_PER_SECOND)};
    ppoll(fds, count, &timeout, NULL);
}
