/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles and instructions of the polling thread, its time in the kernel included, as the CPU itself counts them: where
 * the kernel permits, and where there is a counter, as in a virtual machine there often is not. */
#ifndef VSW_COST_H
#define VSW_COST_H

#include <stdbool.h>
#include <stdint.h>

struct cost {
    int cycles_fd, instructions_fd; /* -1 = none */
    bool known;                     /* what follows was counted, all the time */
    uint64_t cycles, instructions;
};

/* Opens the counters of the calling thread, which stand still. That they may be absent is no error. */
void cost_open(struct cost *c);
void cost_begin(struct cost *c);
/* Ends the counting and closes the counters. */
void cost_end(struct cost *c);

#endif
