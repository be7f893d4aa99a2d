/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of bytes that grows. */
#ifndef VSW_AGENT_BUFFER_H
#define VSW_AGENT_BUFFER_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    char *bytes;
    size_t begin, end, size; /* what is queued lies from begin to below end */
};

static inline size_t buffer_length(const struct buffer *b)
{
    return b->end - b->begin;
}

static inline char *buffer_first(const struct buffer *b)
{
    return b->bytes + b->begin;
}

/* Room for so many more bytes at the end. A host that has no memory left for a few frames cannot be measured on either.
 */
static inline char *buffer_room(struct buffer *b, size_t more)
{
    if (b->begin > 0) {
        memmove(b->bytes, b->bytes + b->begin, buffer_length(b));
        b->end -= b->begin;
        b->begin = 0;
    }
    if (b->size - b->end < more) {
        b->size = 2 * (b->end + more);
        b->bytes = realloc(b->bytes, b->size);
        if (b->bytes == NULL)
            abort();
    }
    return b->bytes + b->end;
}

static inline void buffer_add(struct buffer *b, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_room(b, length), bytes, length);
    b->end += length;
}

static inline void buffer_drop(struct buffer *b, size_t length)
{
    b->begin += length;
    if (b->begin == b->end)
        b->begin = b->end = 0;
}

static inline void buffer_free(struct buffer *b)
{
    free(b->bytes);
    memset(b, 0, sizeof(*b));
}

#endif
