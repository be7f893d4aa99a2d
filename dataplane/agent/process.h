/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that were started, each under the number that the asking side gave it. */
#ifndef VSW_AGENT_PROCESS_H
#define VSW_AGENT_PROCESS_H

#include <poll.h>
#include <sys/types.h>

#include "connection.h"

struct process {
    struct process *next;
    uint64_t id;
    pid_t pid;
    int in, out, err; /* our ends of its streams; -1 where closed */
    struct buffer input;
    bool close_input; /* as soon as all of it is written */
    bool ended;       /* but not reaped, as long as it is known here */
    int end;          /* once ended: its exit code, or the number of a signal, negative */
};

struct processes {
    struct process *first;
    size_t count;
    struct connection *connection;
};

/* Starts a process; its arguments are strings one behind the other. Answers `started` or `failed`. */
void processes_exec(struct processes *p, const struct frame *request);
void processes_input(struct processes *p, const struct frame *request);
void processes_close(struct processes *p, const struct frame *request);
void processes_signal(struct processes *p, const struct frame *request);

/* Notes what has ended, and tells of those whose streams have ended as well. Reaps whatever else is our child. */
void processes_reap(struct processes *p);

/* Three entries a process; `full` is the asking side's pipe: what the processes say has to wait then. */
void processes_poll(const struct processes *p, struct pollfd *fds, bool full);
void processes_serve(struct processes *p, const struct pollfd *fds);

/* Kills and reaps everything that was started, and all that came of it. */
void processes_kill_all(const struct processes *p);

#endif
