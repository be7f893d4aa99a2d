/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of our own that do what is asked about files, so that one which the kernel keeps holds up nothing else.
 * They are asked and answer in the frames of the protocol. As a rule there is one; as long as it is kept by something,
 * others stand in. */
#ifndef VSW_AGENT_WORKERS_H
#define VSW_AGENT_WORKERS_H

#include <poll.h>
#include <sys/types.h>

#include "connection.h"
#include "files.h"

struct worker;
struct request;

struct workers {
    struct worker *first;
    size_t count;
    struct request *queue; /* what no worker has been given yet, the oldest first */
    uint64_t again_ms;     /* when one more worker may be made for it; 0 where nothing waits for that */
    struct connection *connection;
};

/* Has a request done. Those for one path are done one after the other, in their order. */
void workers_ask(struct workers *w, const struct frame *request);

/* Nobody waits any more for what was asked under this number: it fails, unless it is answered already. */
void workers_abandon(struct workers *w, uint64_t id);

/* One entry a worker. */
void workers_poll(const struct workers *w, struct pollfd *fds);

/* Passes answers on, and work. */
void workers_serve(struct workers *w, const struct pollfd *fds);

/* How long workers_serve need not be called where nothing happens; -1: for ever. */
int workers_wait_ms(const struct workers *w);

#endif
