/* SPDX-License-Identifier: Apache-2.0 */
/* What the program prints: one JSON object a line; PROTOCOL.md, "Standard output", is the specification. */
#ifndef VSW_REPORT_H
#define VSW_REPORT_H

#include <pthread.h>

#include "session.h"

/* The thread that samples a run. */
struct sampler {
    struct session *session;
    pthread_t thread, polling;
    int stat_fd; /* /proc/self/task/TID/stat of the polling thread, or -1 */
};

/* Each prints one line; 0, or a negative errno if nobody reads it any more. */
int report_ready(const struct session *s);
/* after_ns: so long it has taken. */
int report_announced(uint64_t after_ns);
int report_final(const struct session *s);
int report_error(int error, const char *text);
int report_list(void);

/* For a human reader. */
void report_print_list(void);

/* Starts the thread; the caller is the polling thread, and must not be pinned yet. 0 or a negative errno. */
int sampler_start(struct sampler *sampler, struct session *s);

/* Waits until the last sample is written. The run must have ended. */
void sampler_join(struct sampler *sampler);

#endif
