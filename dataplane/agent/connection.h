/* SPDX-License-Identifier: Apache-2.0 */
/* Frames in both directions; PROTOCOL.md is the specification. */
#ifndef VSW_AGENT_CONNECTION_H
#define VSW_AGENT_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

#define FRAME_WORD_MAX 15

struct frame {
    uint64_t id;
    char word[FRAME_WORD_MAX + 1];
    size_t length;
    const char *bytes; /* followed by a NUL that is not part of them */
};

struct connection {
    int in_fd, out_fd;
    struct buffer in, out;
    struct buffer current; /* the frame's bytes that connection_next gave last */
};

/* Queues a frame. */
void connection_send(struct connection *c, uint64_t id, const char *word, const void *bytes, size_t length);

/* Reads what there is; false at its end. */
bool connection_fill(struct connection *c);

/* Writes of what is queued as much as is taken; false where nobody reads it any more. */
bool connection_flush(struct connection *c);

/* The next whole frame, valid until the next call: 1; 0 where there is none yet; -1 where this is not the protocol. */
int connection_next(struct connection *c, struct frame *frame);

void connection_free(struct connection *c);

#endif
