/* SPDX-License-Identifier: Apache-2.0 */
#include "departures.h"

#include "../frame/headers.h"
#include "../frame/pattern.h"

#define SEQUENCE_STEP (UINT64_C(1) << 32)

/* The body of all variants below, which fix the last three arguments. */
ALWAYS_INLINE void fill(struct departures *d, unsigned n, const struct stamp *stamp, const bool touch_full,
                        const bool whole_frames, const bool slots_keep_content)
{
    const struct io_slot *slots = d->slots;
    const struct stamp s = *stamp;
    const uint32_t data_len = d->payload_len - PAYLOAD_DATA;
    /* Mark and sequence number are neighbours: both are written by one store. */
    uint64_t head = s.mark | d->next_sequence << 32;
    uint64_t stamp_sum = checksum_add_u64((uint64_t)s.mark + s.lag, s.sent_ticks);

    for (unsigned i = 0; i < n; i++, head += SEQUENCE_STEP) {
        uint8_t *payload = slots[i].data;
        if (whole_frames) {
            if (!slots_keep_content)
                memcpy(payload, d->headers, HEADERS_LEN);
            payload += HEADERS_LEN;
        }
        uint16_t checksum = 0;
        if (touch_full) {
            uint32_t sequence = (uint32_t)(head >> 32);
            uint64_t sum = pattern_write(stamp_sum + sequence, payload + PAYLOAD_DATA, data_len, sequence);
            checksum = (uint16_t)~checksum_fold(sum);
        }
        store_u64(payload + PAYLOAD_MARK, head);
        store_u64(payload + PAYLOAD_SENT, s.sent_ticks);
        store_u32(payload + PAYLOAD_LAG, s.lag);
        store_u16(payload + PAYLOAD_CHECKSUM, checksum);
    }
}

typedef void fill_function(struct departures *d, unsigned n, const struct stamp *stamp);

#define FILL_VARIANT(name, touch_full, whole_frames, slots_keep_content)                                               \
    static void name(struct departures *d, unsigned n, const struct stamp *stamp)                                      \
    {                                                                                                                  \
        fill(d, n, stamp, touch_full, whole_frames, slots_keep_content);                                               \
    }

FILL_VARIANT(fill_payload_header, false, false, true)
FILL_VARIANT(fill_payload, true, false, true)
FILL_VARIANT(fill_frame_header, false, true, false)
FILL_VARIANT(fill_frame_kept_header, false, true, true)
FILL_VARIANT(fill_frame, true, true, false)
FILL_VARIANT(fill_frame_kept, true, true, true)

static fill_function *choose_fill(unsigned capabilities, bool touch_full)
{
    if (!(capabilities & IO_WHOLE_FRAMES))
        return touch_full ? fill_payload : fill_payload_header;
    if (capabilities & IO_SLOTS_KEEP_CONTENT)
        return touch_full ? fill_frame_kept : fill_frame_kept_header;
    return touch_full ? fill_frame : fill_frame_header;
}

void departures_init(struct departures *d, struct io_port *port, unsigned pair, bool touch_full)
{
    const struct io_config *c = &port->config;

    *d = (struct departures){
        .port = port,
        .fill = choose_fill(port->ops->capabilities, touch_full),
        .mark = packet_mark(pair, false),
        .payload_len = c->frame_len - HEADERS_LEN,
    };
    headers_build(d->headers, &c->local, &c->peer, c->frame_len, touch_full);
}

/* Writes what stays in a slot: the headers, and zeroes for the data that touch=none leaves alone. */
static void prepare(struct departures *d, unsigned n)
{
    bool whole_frames = d->port->ops->capabilities & IO_WHOLE_FRAMES;

    for (; d->prepared < n; d->prepared++) {
        const struct io_slot *slot = &d->slots[d->prepared];
        memset(slot->data, 0, slot->len);
        if (whole_frames)
            memcpy(slot->data, d->headers, HEADERS_LEN);
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
    d->fill(d, (unsigned)lent, &stamp);
    int taken = ops->tx_commit(d->port, (unsigned)lent);
    if (taken > 0)
        d->next_sequence += (unsigned)taken;
    return taken;
}
