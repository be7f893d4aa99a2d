/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No port at all: takes every frame and delivers an endless flow of valid ones, for measuring what the program costs.
 *
 * What it delivers it wrote at open: one burst of frames from the peer, all with the data of packet 0. A receiver has
 * to see them as new each time, so sequence number, send time and check are written anew and the checksum is adapted to
 * them, without a look at the data: about a dozen instructions a packet, which `make cost` tells apart from the
 * receiver's own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../frame/checksum.h"
#include "../frame/flows.h"
#include "../frame/form.h"
#include "../frame/headers.h"
#include "../frame/pattern.h"
#include "../load/clock.h"
#include "io.h"

struct null_state {
    uint8_t *tx, *rx; /* burst frames each, `room` apart; NULL in the direction that is not used */
    size_t room;
    uint32_t rx_sequence;   /* of the next packet */
    struct flow_view view;  /* of what it delivers; flows == NULL: all the same */
    uint16_t rx_constant;   /* the sum of a payload without its sequence number, send time, check and checksum */
    uint16_t *rx_constants; /* where packets have a form: by the payload's length, and without what is compact */
};

static int null_probe(char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    return 0;
}

/* Of pair 0 in run 0, in the steady state. */
static uint32_t rx_mark(void)
{
    return packet_mark(0, 0, true);
}

/* Writes a frame as the peer would send it. Returns the sum of what stays in it. */
static uint16_t build_frame(uint8_t *frame, const struct io_config *config)
{
    uint8_t *payload = frame + HEADERS_LEN;
    uint32_t mark = rx_mark(), data = packet_is_compact(config->frame_len) ? COMPACT_DATA : PAYLOAD_DATA;

    headers_build(frame, &config->peer, &config->local, config->frame_len, true);
    store_u32(payload + PAYLOAD_MARK, mark);
    uint64_t sum = pattern_write(mark, payload + data, config->frame_len - HEADERS_LEN - data, pattern_begin(0));
    return checksum_fold(sum);
}

static void null_close(struct io_port *port)
{
    struct null_state *state = port->state;

    if (state == NULL)
        return;
    free(state->tx);
    free(state->rx);
    free(state->rx_constants);
    free(state);
    port->state = NULL;
}

static bool allocate(struct null_state *state, const struct io_config *config)
{
    size_t bytes = (size_t)config->burst * (state->room = io_packet_room(config->frame_len));

    if (config->transmits && (state->tx = aligned_alloc(64, bytes)) == NULL)
        return false;
    if (config->receives && (state->rx = aligned_alloc(64, bytes)) == NULL)
        return false;
    return true;
}

/* The data of the longest packet is that of all others, as far as they go. */
static int sum_up_data(struct io_port *port, struct null_state *state)
{
    const struct form *form = port->config.rx_form;
    const uint32_t most = form->frame_len - form->headers_len;
    const uint8_t *payload = state->rx + form->headers_len;

    state->rx_constants = calloc(most + 1, sizeof(*state->rx_constants));
    if (state->rx_constants == NULL)
        return -ENOMEM;
    for (uint32_t len = PAYLOAD_DATA; len <= most; len++)
        state->rx_constants[len] = checksum_fold(checksum_add(0, payload + PAYLOAD_DATA, len - PAYLOAD_DATA));
    return 0;
}

static int null_open(struct io_port *port)
{
    struct null_state *state = calloc(1, sizeof(*state));

    port->state = state;
    if (state == NULL || !allocate(state, &port->config)) {
        null_close(port);
        snprintf(port->error, sizeof(port->error), "no memory for a burst of %u frames: ask for a smaller burst",
                 port->config.burst);
        return -ENOMEM;
    }
    for (unsigned i = 0; port->config.receives && i < port->config.burst; i++)
        state->rx_constant = build_frame(state->rx + (size_t)i * state->room, &port->config);
    if (port->config.receives && port->config.rx_form != NULL)
        return sum_up_data(port, state);
    if (port->config.receives && port->config.flows != NULL)
        flow_view_init(&state->view, port->config.flows, state->rx, port->config.flows->at_source);
    return 0;
}

static int null_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct null_state *state = port->state;
    const uint32_t len = port->config.frame_len;
    const size_t room = state->room;
    uint8_t *frame = state->tx;

    for (unsigned i = 0; i < n; i++, frame += room) {
        slots[i].data = frame;
        slots[i].len = len;
    }
    return (int)n;
}

/* Nobody looks at them. */
static void null_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    (void)port;
    (void)slots;
    (void)n;
}

static int null_tx_commit(struct io_port *port, unsigned n)
{
    (void)port;
    return (int)n;
}

/* The body of both variants below, which fix the last argument. */
ALWAYS_INLINE int rx(struct io_port *port, struct io_slot *slots, unsigned n, const bool compact)
{
    struct null_state *state = port->state;
    const uint32_t len = port->config.frame_len;
    const size_t room = state->room;
    const uint64_t now = clock_ticks();
    const uint32_t sequence = state->rx_sequence;
    uint8_t *frame = state->rx;

    /* The fields as they lie in the packet: the number's lower half, which counts up; its upper half and the times,
     * which stay; check, lag and checksum. The sum without the checksum grows by two and so its complement falls by
     * two, up to where a word wraps. */
    const uint16_t check = packet_check(rx_mark(), sequence);
    const uint64_t upper_and_times = sequence >> 16 | packet_times(now, 0, compact) << 16;
    uint64_t sum = checksum_add_u64((uint64_t)state->rx_constant + (sequence & 0xffff) + check, upper_and_times);
    uint16_t checksum = (uint16_t)~checksum_fold(sum);
    const unsigned checksum_shift = compact ? 16 : 48;
    uint64_t tail = check | (uint64_t)checksum << checksum_shift;
    uint32_t steps = packet_steps(sequence, check);
    if (n > checksum / 2u)
        n = 1;
    if (n > steps)
        n = steps;
    const uint32_t end = sequence + n;

#pragma GCC unroll 4
    for (uint32_t i = sequence; i != end; i++, slots++, frame += room) {
        uint8_t *payload = frame + HEADERS_LEN;
        store_u16(payload + PAYLOAD_SEQUENCE, (uint16_t)i);
        store_u64(payload + PAYLOAD_SEQUENCE + 2, upper_and_times);
        if (compact)
            store_u32(payload + PAYLOAD_CHECK, (uint32_t)tail);
        else
            store_u64(payload + PAYLOAD_CHECK, tail);
        tail += 1 - (UINT64_C(2) << checksum_shift);
        *slots = (struct io_slot){.data = frame, .len = len, .seen_ticks = now};
    }
    state->rx_sequence = end;
    return (int)n;
}

/* Writes the payload of the next packet, whose data is in place. What a compact header leaves of it is zero. */
static void write_payload(const struct null_state *state, uint8_t *payload, uint32_t len, uint64_t now)
{
    const bool compact = payload_is_compact(len);
    const uint64_t times = packet_times(now, 0, compact);
    const uint16_t check = packet_check(rx_mark(), state->rx_sequence);
    uint64_t sum = state->rx_constants[len] + check;

    store_u32(payload + PAYLOAD_MARK, rx_mark());
    store_u32(payload + PAYLOAD_SEQUENCE, state->rx_sequence);
    store_u64(payload + PAYLOAD_TIMES, times);
    store_u16(payload + PAYLOAD_CHECK, check);
    memset(payload + PAYLOAD_LAG, 0, (len < PAYLOAD_DATA ? len : PAYLOAD_DATA) - PAYLOAD_LAG);
    sum = checksum_add_u64(sum + rx_mark() + state->rx_sequence, times);
    store_u16(payload + (compact ? COMPACT_CHECKSUM : PAYLOAD_CHECKSUM), (uint16_t)~checksum_fold(sum));
}

static int rx_any(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct null_state *state = port->state;
    const struct form *form = port->config.rx_form;
    const uint64_t now = clock_ticks();
    struct form_cursor lens = form_from(form, state->rx_sequence);

    for (unsigned i = 0; i < n; i++, state->rx_sequence++) {
        uint8_t *frame = state->rx + i * state->room;
        uint32_t len = form_next_len(&lens);
        form_write_headers(form, frame, state->rx_sequence, len);
        write_payload(state, frame + form->headers_len, len - form->headers_len, now);
        slots[i] = (struct io_slot){.data = frame, .len = len, .seen_ticks = now};
    }
    return (int)n;
}

static int null_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct null_state *state = port->state;
    if (port->config.rx_form != NULL)
        return rx_any(port, slots, n);
    const uint32_t sequence = state->rx_sequence;
    int got = packet_is_compact(port->config.frame_len) ? rx(port, slots, n, true) : rx(port, slots, n, false);

    if (state->view.flows != NULL)
        flow_write(&state->view, sequence, (unsigned)got, slots);
    return got;
}

static int null_announce(struct io_port *port, unsigned first, unsigned n)
{
    (void)port;
    (void)first;
    return (int)n;
}

static void null_stats(struct io_port *port, struct io_stats *out)
{
    (void)port;
    *out = (struct io_stats){0, 0};
}

const struct io_ops io_null = {
    .name = "null",
    .title = "no port: the program's own cost",
    .capabilities = IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT,
    .probe = null_probe,
    .open = null_open,
    .tx_reserve = null_tx_reserve,
    .tx_lengths = null_tx_lengths,
    .tx_commit = null_tx_commit,
    .rx = null_rx,
    .announce = null_announce,
    .stats = null_stats,
    .close = null_close,
};
