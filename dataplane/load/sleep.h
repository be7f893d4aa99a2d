/* SPDX-License-Identifier: Apache-2.0 */
/* How a polling thread with wait=block sleeps, in the kernel, until there is something to do. */
#ifndef VSW_SLEEP_H
#define VSW_SLEEP_H

#include "session.h"

#define SLEEP_FOREVER UINT64_MAX

/* What ends a sleep before its time; may be combined. */
enum wake_by {
    WAKE_BY_PACKET = 1 << 0, /* there is something to receive */
    WAKE_BY_ROOM = 1 << 1,   /* a packet may be sent */
    WAKE_BY_STOP = 1 << 2,   /* the run is stopped, or was before */
};

/* Sleeps until clock_ticks() reads `until`, if that is not past, or until something else wakes it. It may also return
 * for no reason. */
void sleep_until(const struct session *s, uint64_t until, unsigned wake_by);

#endif
