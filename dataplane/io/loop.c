/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring in the program's own memory: what is sent is received again, by the same program. A client that uses it sees
 * round trips; a sender, behind which nobody receives, sees a port that fills up and refuses packets.
 *
 * It carries UDP payloads, so that with `null` both kinds of frameworks can be tested without a network.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../frame/packet.h"
#include "../load/clock.h"
#include "io.h"

/* A power of two, and room for two of the largest bursts. */
#define LOOP_SLOTS 2048u
_Static_assert(LOOP_SLOTS >= 2 * IO_BURST_MAX && (LOOP_SLOTS & (LOOP_SLOTS - 1)) == 0, "indices wrap by a mask");

/* Indices count up without end; head - tail packets are in the ring. */
struct loop_state {
    uint8_t *memory;
    uint32_t lens[LOOP_SLOTS];
    size_t room;   /* bytes from slot to slot */
    uint64_t head; /* the next slot to send from */
    uint64_t tail; /* the oldest packet not given back */
    unsigned lent; /* packets that the last rx lent */
};

static uint8_t *slot_at(const struct loop_state *state, uint64_t index)
{
    return state->memory + (size_t)(index & (LOOP_SLOTS - 1)) * state->room;
}

static int loop_probe(char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    return 0;
}

static void loop_close(struct io_port *port)
{
    struct loop_state *state = port->state;

    if (state == NULL)
        return;
    free(state->memory);
    free(state);
    port->state = NULL;
}

static int loop_open(struct io_port *port)
{
    struct loop_state *state = calloc(1, sizeof(*state));
    const size_t room = io_packet_room(port->config.frame_len), bytes = LOOP_SLOTS * room;

    port->state = state;
    if (state != NULL) {
        state->room = room;
        state->memory = aligned_alloc(64, bytes);
    }
    if (state == NULL || state->memory == NULL) {
        loop_close(port);
        snprintf(port->error, sizeof(port->error), "no memory for the ring: free %zu KiB", bytes / 1024);
        return -ENOMEM;
    }
    memset(state->memory, 0, bytes);
    for (unsigned i = 0; i < LOOP_SLOTS; i++)
        state->lens[i] = port->config.frame_len - HEADERS_LEN;
    port->tx_queue_bytes = port->rx_queue_bytes = (uint32_t)bytes;
    return 0;
}

static int loop_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct loop_state *state = port->state;
    uint64_t room = LOOP_SLOTS - (state->head - state->tail);

    if (n > room)
        n = (unsigned)room;
    for (unsigned i = 0; i < n; i++) {
        slots[i].data = slot_at(state, state->head + i);
        slots[i].len = port->config.frame_len - HEADERS_LEN;
    }
    return (int)n;
}

static void loop_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct loop_state *state = port->state;

    for (unsigned i = 0; i < n; i++)
        state->lens[(state->head + i) & (LOOP_SLOTS - 1)] = slots[i].len;
}

static int loop_tx_commit(struct io_port *port, unsigned n)
{
    struct loop_state *state = port->state;

    state->head += n;
    return (int)n;
}

static void loop_rx_release(struct io_port *port)
{
    struct loop_state *state = port->state;

    state->tail += state->lent;
    state->lent = 0;
}

static int loop_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct loop_state *state = port->state;

    loop_rx_release(port);
    uint64_t waiting = state->head - state->tail;
    if (waiting == 0)
        return 0;
    if (n > waiting)
        n = (unsigned)waiting;
    uint64_t now = clock_ticks();
    for (unsigned i = 0; i < n; i++)
        slots[i] = (struct io_slot){
            .data = slot_at(state, state->tail + i),
            .len = state->lens[(state->tail + i) & (LOOP_SLOTS - 1)],
            .seen_ticks = now,
        };
    state->lent = n;
    return (int)n;
}

static int loop_announce(struct io_port *port, unsigned first, unsigned n)
{
    (void)port;
    (void)first;
    return (int)n;
}

static void loop_stats(struct io_port *port, struct io_stats *out)
{
    (void)port;
    *out = (struct io_stats){0, 0};
}

const struct io_ops io_loop = {
    .name = "loop",
    .title = "ring in memory: sends to itself",
    .capabilities = 0,
    .probe = loop_probe,
    .open = loop_open,
    .tx_reserve = loop_tx_reserve,
    .tx_lengths = loop_tx_lengths,
    .tx_commit = loop_tx_commit,
    .rx = loop_rx,
    .rx_release = loop_rx_release,
    .announce = loop_announce,
    .stats = loop_stats,
    .close = loop_close,
};
