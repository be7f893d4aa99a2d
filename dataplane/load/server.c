/* SPDX-License-Identifier: Apache-2.0 */
/* The server: sends each sound packet of its pair back to where it came from. */
#include "../frame/headers.h"
#include "receive.h"
#include "sleep.h"

/* A port that takes no packet for so long is congested: what is left of the burst counts as refused. */
#define RETRY_NS NS_PER_MS

static uint64_t count_steady(const struct session *s, const struct io_slot *packets, unsigned n)
{
    uint64_t steady = 0;

    for (unsigned i = 0; i < n; i++)
        steady += (load_u32(packets[i].data + s->arrivals.payload_offset) & MARK_STEADY) != 0;
    return steady;
}

/* Of their frames. */
static uint64_t bytes_of(const struct session *s, const struct io_slot *packets, unsigned n)
{
    uint64_t bytes = (uint64_t)n * (s->arrivals.headers_len - s->arrivals.payload_offset);

    for (unsigned i = 0; i < n; i++)
        bytes += packets[i].len;
    return bytes;
}

ALWAYS_INLINE void copy_answers(struct io_slot *out, const struct io_slot *in, unsigned n, const bool whole_frames)
{
    const uint32_t offset = whole_frames ? HEADERS_LEN : 0;

    for (unsigned i = 0; i < n; i++) {
        if (whole_frames)
            headers_answer(out[i].data, in[i].data);
        memcpy(out[i].data + offset, in[i].data + offset, in[i].len - offset);
        out[i].len = in[i].len;
    }
}

/* The same of frames with tags, or over IPv6. */
static void copy_answers_with(const struct io_encapsulation *e, struct io_slot *out, const struct io_slot *in,
                              unsigned n)
{
    const uint32_t offset = layout_of(e).len;

    for (unsigned i = 0; i < n; i++) {
        headers_answer_with(e, out[i].data, in[i].data);
        memcpy(out[i].data + offset, in[i].data + offset, in[i].len - offset);
        out[i].len = in[i].len;
    }
}

/* Sends answers to as many of n packets as the port takes at once: a count or a negative errno. */
static int answer_some(struct session *s, const struct io_slot *packets, unsigned n)
{
    const struct io_ops *ops = s->port.ops;
    const struct io_encapsulation *e = &s->port.config.encapsulation;
    struct io_slot *out = s->departures.slots;
    int lent = ops->tx_reserve(&s->port, out, n);

    if (lent <= 0)
        return lent;
    if (!(ops->capabilities & IO_WHOLE_FRAMES))
        copy_answers(out, packets, (unsigned)lent, false);
    else if (layout_is_plain(e))
        copy_answers(out, packets, (unsigned)lent, true);
    else
        copy_answers_with(e, out, packets, (unsigned)lent);
    if (s->port.config.tx_form != NULL)
        ops->tx_lengths(&s->port, out, (unsigned)lent);
    return ops->tx_commit(&s->port, (unsigned)lent);
}

/* Answers n packets, trying again what is refused. 0 or a negative errno. */
static int answer(struct session *s, const struct io_slot *packets, unsigned n)
{
    unsigned done = 0;
    uint64_t give_up = 0;

    for (;;) {
        int taken = answer_some(s, packets + done, n - done);
        if (UNLIKELY(taken < 0))
            return taken;
        done += (unsigned)taken;
        if (LIKELY(done == n))
            break;
        uint64_t now = clock_ticks();
        if (taken > 0 || give_up == 0)
            give_up = now + clock_ns_to_ticks(RETRY_NS);
        else if (now >= give_up)
            break;
        if (s->options->wait == WAIT_YIELD)
            sched_yield();
        if (s->options->wait == WAIT_BLOCK)
            sleep_until(s, give_up, WAKE_BY_ROOM);
    }
    if (s->port.config.tx_form != NULL)
        s->tx.answered_bytes += bytes_of(s, packets, done);
    s->tx.intended += n;
    s->tx.offered += done;
    s->tx.not_taken += n - done;
    s->tx.steady_intended += count_steady(s, packets, n);
    s->tx.steady_offered += count_steady(s, packets, done);
    counter_set(&s->counters.tx_packets, s->tx.offered);
    return 0;
}

static int step(struct session *s)
{
    int n = receive_poll(s);

    if (n <= 0)
        return n;
    unsigned kept = receive_take(s, n);
    int error = kept > 0 ? answer(s, s->rx_slots, kept) : 0;
    receive_release(s);
    return error < 0 ? error : n;
}

ALWAYS_INLINE int run(struct session *s, const enum wait_way wait)
{
    while (control_stopped_by(&s->control) == STOP_NONE) {
        int n = step(s);
        if (UNLIKELY(n < 0))
            return n;
        if (wait == WAIT_YIELD)
            sched_yield();
        if (wait == WAIT_BLOCK && n == 0)
            sleep_until(s, SLEEP_FOREVER, WAKE_BY_PACKET | WAKE_BY_STOP);
    }
    return 0;
}

/* A loop for each way to wait, with no test of it inside. */
static int run_as_told(struct session *s)
{
    switch (s->options->wait) {
    case WAIT_YIELD:
        return run(s, WAIT_YIELD);
    case WAIT_BLOCK:
        return run(s, WAIT_BLOCK);
    default:
        return run(s, WAIT_POLL);
    }
}

int server_run(struct session *s)
{
    int error = run_as_told(s);

    if (error == 0)
        error = receive_until_quiet(s, step, EXPECTED_UNKNOWN);
    s->tx.ended_ns = clock_ns(CLOCK_MONOTONIC);
    return error;
}
