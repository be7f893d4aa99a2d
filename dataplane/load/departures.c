/* SPDX-License-Identifier: Apache-2.0 */
#include "departures.h"

#include "../frame/headers.h"

void departures_init(struct departures *d, struct io_port *port, uint32_t mark, bool touch_full)
{
    const struct io_config *c = &port->config;

    *d = (struct departures){
        .port = port,
        .fill = fill_choose(port->ops->capabilities, packet_is_compact(c->frame_len), touch_full, vector_best()),
        .mark = mark,
        .payload_len = c->frame_len - HEADERS_LEN,
    };
    if (c->tx_form != NULL) {
        d->form = c->tx_form;
        d->fill = fill_choose_any(port->ops->capabilities, touch_full, vector_best());
        return;
    }
    headers_build(d->headers, &c->local, &c->peer, c->frame_len, touch_full);
    if (c->flows != NULL)
        flow_view_init(&d->view, c->flows, d->headers, false);
}

/* Writes what stays in a slot: the headers, and zeroes for the data that touch=none leaves alone. */
static void prepare(struct departures *d, unsigned n)
{
    bool whole_frames = d->port->ops->capabilities & IO_WHOLE_FRAMES;

    for (; d->prepared < n; d->prepared++) {
        const struct io_slot *slot = &d->slots[d->prepared];
        memset(slot->data, 0, slot->len);
        if (whole_frames && d->form == NULL)
            memcpy(slot->data, d->headers, HEADERS_LEN);
    }
}

/* Fills the slots lent, as many at a time as a loop can that counts up. */
static void fill(struct departures *d, unsigned n, struct stamp *stamp)
{
    for (unsigned done = 0; done < n;) {
        stamp->sequence = (uint32_t)(d->next_sequence + done);
        stamp->check = packet_check(stamp->mark, stamp->sequence);
        unsigned steps = packet_steps(stamp->sequence, stamp->check);
        unsigned count = n - done < steps ? n - done : steps;
        d->fill(d, done, count, stamp);
        done += count;
    }
}

int departures_send(struct departures *d, unsigned n, uint64_t sent_ticks, uint64_t intended_ticks, bool steady)
{
    const struct io_ops *ops = d->port->ops;
    int lent = ops->tx_reserve(d->port, d->slots, n);

    if (lent <= 0)
        return lent;
    if ((unsigned)lent > d->prepared && (ops->capabilities & IO_SLOTS_KEEP_CONTENT))
        prepare(d, (unsigned)lent);

    struct stamp stamp = {
        .sent_ticks = sent_ticks,
        .lag = packet_lag(sent_ticks, intended_ticks),
        .mark = d->mark | (steady ? MARK_STEADY : 0),
    };
    fill(d, (unsigned)lent, &stamp);
    if (d->view.flows != NULL)
        flow_write(&d->view, d->next_sequence, (unsigned)lent, d->slots);
    if (d->form != NULL)
        ops->tx_lengths(d->port, d->slots, (unsigned)lent);
    int taken = ops->tx_commit(d->port, (unsigned)lent);
    if (taken > 0)
        d->next_sequence += (unsigned)taken;
    return taken;
}
