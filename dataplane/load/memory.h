/* SPDX-License-Identifier: Apache-2.0 */
/* Page faults: none in the polling thread once a run has begun. */
#ifndef VSW_MEMORY_H
#define VSW_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Gives every thread that is started from now on a small stack: the usual 8 MB each would all be filled in. 0 or a
 * negative errno. */
int memory_limit_stacks(void);

/* Brings in all that the process has mapped, rings that it shares with a switch and its own code among it, so that the
 * first packet to use a page does not wait for it. It stays where the process may lock memory (CAP_IPC_LOCK or a limit
 * that is high enough). */
void memory_bring_in(void);

/* Minor page faults of a thread so far, by /proc/self/task/TID/stat, of which fd is open. False if that tells nothing.
 */
bool memory_minor_faults(int fd, uint64_t *faults);

/* The number in such a line; false if it is none. */
bool memory_parse_minor_faults(const char *stat, uint64_t *faults);

#endif
