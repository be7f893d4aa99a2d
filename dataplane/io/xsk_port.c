/* SPDX-License-Identifier: Apache-2.0 */
#include "xsk_port.h"

#include <stdlib.h>
#include <string.h>

#include "../load/clock.h"
#include "napi.h"
#include "netdev.h"
#include "xsk.h"

struct xsk_port {
    struct xsk xsk;
    bool polls_device; /* our calls poll the device */
    struct napi_deferral deferral;
    /* Addresses of the tx frames that are neither lent nor with the kernel: what was used last is lent first, while it
     * is still in a cache. */
    uint64_t free_frames[XSK_TX_FRAMES];
    uint32_t free_count;
    uint32_t frame_len;
    uint32_t lengths[IO_BURST_MAX]; /* of the slots lent last */
    uint32_t rx_lent;
};

static int open_port(struct io_port *port, struct xsk_port *state, bool busy_poll)
{
    const struct io_config *c = &port->config;
    const struct xsk_options options = {c->receives, c->transmits, busy_poll};
    struct netdev dev;
    int error = netdev_find(port, &dev);

    if (error < 0)
        return error;
    if ((error = xsk_open(port, &state->xsk, &dev, &options)) < 0)
        return error;
    if (busy_poll && c->receives && !napi_defer(&state->deferral, c->device))
        return netdev_fail(port, errno,
                           "cannot have the kernel leave %s to us (napi_defer_hard_irqs: %s): use --io afxdp",
                           c->device, strerror(errno));
    state->frame_len = c->frame_len;
    for (uint32_t i = 0; i < XSK_TX_FRAMES; i++)
        state->free_frames[i] = (uint64_t)(XSK_RX_FRAMES + i) * state->xsk.chunk;
    state->free_count = XSK_TX_FRAMES;
    for (uint32_t i = 0; i < XSK_RX_FRAMES; i++)
        *xsk_address(&state->xsk.fill, i) = (uint64_t)i * state->xsk.chunk;
    xsk_produce(&state->xsk.fill, XSK_RX_FRAMES);
    return 0;
}

void xsk_port_close(struct io_port *port)
{
    struct xsk_port *state = port->state;

    if (state == NULL)
        return;
    napi_restore(&state->deferral);
    xsk_close(&state->xsk);
    free(state);
    port->state = NULL;
}

/* How packets are handed over, and who polls the device where that is not left to the kernel: what decides their cost.
 */
static const char *path_of(const struct xsk_port *state, bool asked)
{
    static const char *const words[][3] = {
        {"generic", "generic+busy", "generic+timer"},
        {"copy", "copy+busy", "copy+timer"},
        {"zero-copy", "zero-copy+busy", "zero-copy+timer"},
    };
    const int mode = state->xsk.generic ? 0 : state->xsk.zero_copy ? 2 : 1;

    return words[mode][state->polls_device ? 1 : asked ? 2 : 0];
}

static int open_as(struct io_port *port, bool busy_poll)
{
    struct xsk_port *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    state->xsk = XSK_NONE;
    state->deferral.sysfs = -1;
    port->state = state;
    int error = open_port(port, state, busy_poll);
    if (error < 0) {
        xsk_port_close(port);
        return error;
    }
    state->polls_device = busy_poll && port->config.receives && xsk_polls_busily(&state->xsk);
    port->path = path_of(state, busy_poll && port->config.receives);
    return 0;
}

int xsk_port_open(struct io_port *port)
{
    return open_as(port, false);
}

int xsk_port_open_busy(struct io_port *port)
{
    return open_as(port, true);
}

/* Takes back the frames that have been sent. */
static void reap(struct xsk_port *state)
{
    struct xsk_ring *ring = &state->xsk.completion;
    uint32_t n = xsk_ready(ring);

    for (uint32_t i = 0; i < n; i++)
        state->free_frames[state->free_count++] = *xsk_address(ring, ring->ours + i);
    xsk_consume(ring, n);
}

/* Has the kernel send until nothing is left in the ring, or it takes no more: with zero-copy the device does so by
 * itself, and is at most woken. */
static int flush(struct io_port *port, struct xsk_port *state)
{
    struct xsk_ring *tx = &state->xsk.tx;
    uint32_t pending = xsk_pending(tx);

    while (pending > 0 && xsk_needs_wakeup(tx)) {
        int error = xsk_kick_tx(&state->xsk);
        /* EAGAIN says as well that it has sent as much as it does at a time. */
        if (error < 0 && error != -EAGAIN && error != -EBUSY && error != -ENOBUFS && error != -EINTR)
            return netdev_fail(port, -error, "cannot send on %s: %s", port->config.device, strerror(-error));
        uint32_t left = xsk_pending(tx);
        if (left == pending)
            break;
        pending = left;
    }
    return 0;
}

int xsk_port_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct xsk_port *state = port->state;

    /* What the kernel did not take last time comes first. With more behind it, it would be old when it is sent. */
    if (xsk_pending(&state->xsk.tx) > 0) {
        int error = flush(port, state);
        if (error < 0)
            return error;
        if (!state->xsk.zero_copy && xsk_pending(&state->xsk.tx) > 0)
            return 0;
    }
    if (state->free_count < XSK_TX_FRAMES / 2)
        reap(state);
    if (n > state->free_count)
        n = state->free_count;
    for (unsigned i = 0; i < n; i++) {
        slots[i].data = state->xsk.memory + state->free_frames[state->free_count - 1 - i];
        slots[i].len = state->lengths[i] = state->frame_len;
    }
    return (int)n;
}

void xsk_port_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct xsk_port *state = port->state;

    for (unsigned i = 0; i < n; i++)
        state->lengths[i] = slots[i].len;
}

int xsk_port_tx_commit(struct io_port *port, unsigned n)
{
    struct xsk_port *state = port->state;
    struct xsk_ring *tx = &state->xsk.tx;

    for (unsigned i = 0; i < n; i++)
        *xsk_descriptor(tx, tx->ours + i) = (struct xdp_desc){
            .addr = state->free_frames[--state->free_count],
            .len = state->lengths[i],
        };
    xsk_produce(tx, n);
    int error = flush(port, state);
    return error < 0 ? error : (int)n;
}

/* The kernel may have the frames again for what arrives next. */
void xsk_port_rx_release(struct io_port *port)
{
    struct xsk_port *state = port->state;
    struct xsk_ring *rx = &state->xsk.rx, *fill = &state->xsk.fill;

    /* The rings' counters are lines that the kernel reads where it runs: a poll that found nothing leaves them alone.
     */
    if (state->rx_lent == 0)
        return;
    for (uint32_t i = 0; i < state->rx_lent; i++)
        *xsk_address(fill, fill->ours + i) = xsk_descriptor(rx, rx->ours + i)->addr & ~(uint64_t)(state->xsk.chunk - 1);
    xsk_produce(fill, state->rx_lent);
    xsk_consume(rx, state->rx_lent);
    state->rx_lent = 0;
}

int xsk_port_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct xsk_port *state = port->state;
    struct xsk_ring *rx = &state->xsk.rx;

    xsk_port_rx_release(port);
    uint32_t ready = xsk_ready(rx);
    if (ready < n && (state->polls_device || xsk_needs_wakeup(&state->xsk.fill))) {
        xsk_kick_rx(&state->xsk);
        ready = xsk_ready(rx);
    }
    if (ready == 0)
        return 0;
    uint64_t now = clock_ticks();
    if (n > ready)
        n = ready;
    for (unsigned i = 0; i < n; i++) {
        const struct xdp_desc *frame = xsk_descriptor(rx, rx->ours + i);
        slots[i] = (struct io_slot){state->xsk.memory + frame->addr, frame->len, now};
        __builtin_prefetch(slots[i].data);
    }
    state->rx_lent = n;
    return (int)n;
}

void xsk_port_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd)
{
    const struct xsk_port *state = port->state;

    *rx_fd = port->config.receives ? state->xsk.fd : -1;
    *tx_fd = port->config.transmits ? state->xsk.fd : -1;
}

void xsk_port_stats(struct io_port *port, struct io_stats *out)
{
    struct xsk_port *state = port->state;
    struct xdp_statistics kernel = {0};
    socklen_t size = sizeof(kernel);

    *out = (struct io_stats){0, 0};
    if (port->config.transmits)
        flush(port, state);
    if (getsockopt(state->xsk.fd, SOL_XDP, XDP_STATISTICS, &kernel, &size) != 0)
        return;
    /* A packet that finds no frame is dropped as well as counted for the fill ring. */
    out->rx_dropped = kernel.rx_dropped + kernel.rx_ring_full;
    out->tx_errors = kernel.tx_invalid_descs;
}
