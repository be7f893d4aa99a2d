/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define READ_MAX 65536
/* Of a frame's first line: a number of 20 digits, a word, a number. */
#define HEAD_MAX 64
/* Nobody sends a frame as large as this on purpose. */
#define LENGTH_MAX (1u << 30)

void connection_send(struct connection *c, uint64_t id, const char *word, const void *bytes, size_t length)
{
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof(head), "%" PRIu64 " %s %zu\n", id, word, length);

    buffer_add(&c->out, head, (size_t)n);
    buffer_add(&c->out, bytes, length);
}

bool connection_fill(struct connection *c)
{
    ssize_t n = read(c->in_fd, buffer_room(&c->in, READ_MAX), READ_MAX);

    if (n > 0)
        c->in.end += (size_t)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

bool connection_flush(struct connection *c)
{
    while (buffer_length(&c->out) > 0) {
        ssize_t n = write(c->out_fd, buffer_first(&c->out), buffer_length(&c->out));
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        buffer_drop(&c->out, (size_t)n);
    }
    return true;
}

int connection_next(struct connection *c, struct frame *frame)
{
    size_t queued = buffer_length(&c->in);
    const char *first = queued > 0 ? buffer_first(&c->in) : NULL;
    const char *end = queued > 0 ? memchr(first, '\n', queued < HEAD_MAX ? queued : HEAD_MAX) : NULL;
    char head[HEAD_MAX + 1];
    int used = 0;

    if (end == NULL)
        return queued < HEAD_MAX ? 0 : -1;
    memcpy(head, first, (size_t)(end - first));
    head[end - first] = '\0';
    if (sscanf(head, "%" SCNu64 " %15s %zu%n", &frame->id, frame->word, &frame->length, &used) != 3 ||
        head[used] != '\0' || frame->length > LENGTH_MAX)
        return -1;
    size_t whole = (size_t)(end - first) + 1 + frame->length;
    if (queued < whole)
        return 0;
    /* A text is to end where it ends; the byte behind is the next frame's, or free room. */
    c->current.begin = c->current.end = 0;
    buffer_add(&c->current, first + whole - frame->length, frame->length);
    buffer_add(&c->current, "", 1);
    buffer_drop(&c->in, whole);
    frame->bytes = buffer_first(&c->current);
    return 1;
}

void connection_free(struct connection *c)
{
    buffer_free(&c->in);
    buffer_free(&c->out);
    buffer_free(&c->current);
}
