/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over packets to send that have a form: each has its own length, and headers of a length of their own. */
#include "../frame/form.h"
#include "../frame/pattern.h"
#include "departures.h"
#include "fill.h"

/* Writes a payload, whose header is compact where it has no room for the other one. zeroes: its data, with touch=none,
 * so that it sums to 0xffff, too. */
ALWAYS_INLINE void fill_payload(uint8_t *payload, uint32_t len, uint32_t sequence, const struct stamp *stamp,
                                const bool zeroes, const bool touch_full)
{
    const bool compact = payload_is_compact(len);
    const uint32_t data = compact ? COMPACT_DATA : PAYLOAD_DATA;
    const uint64_t head = stamp->mark | (uint64_t)sequence << 32;
    const uint64_t times = packet_times(stamp->sent_ticks, stamp->lag, compact);
    const uint64_t tail = packet_check(stamp->mark, sequence) | (compact ? 0 : (uint64_t)stamp->lag << 16);

    store_u64(payload + PAYLOAD_MARK, head);
    store_u64(payload + PAYLOAD_TIMES, times);
    if (compact)
        store_u32(payload + PAYLOAD_CHECK, (uint32_t)tail);
    else
        store_u64(payload + PAYLOAD_CHECK, tail);
    if (touch_full || zeroes) {
        uint64_t sum = checksum_add_u64(checksum_add_u64(checksum_add_u64(0, head), times), tail);
        if (touch_full)
            sum = pattern_write(sum, payload + data, len - data, pattern_begin(sequence));
        else
            memset(payload + data, 0, len - data);
        store_u16(payload + (compact ? COMPACT_CHECKSUM : PAYLOAD_CHECKSUM), (uint16_t)~checksum_fold(sum));
    }
}

/* The body of all variants below, which fix the last two arguments and the vectors. */
ALWAYS_INLINE void fill(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp,
                        const bool touch_full, const bool whole_frames)
{
    const struct form *form = d->form;
    const uint64_t number = d->next_sequence + first;
    const uint32_t skipped = whole_frames ? form->headers_len : 0;
    struct form_cursor lens = form_from(form, number);
    struct io_slot *slots = d->slots + first;

    for (unsigned i = 0; i < n; i++) {
        const uint32_t frame_len = form_next_len(&lens), payload_len = frame_len - form->headers_len;
        if (whole_frames)
            form_write_headers(form, slots[i].data, number + i, frame_len);
        fill_payload(slots[i].data + skipped, payload_len, stamp->sequence + i, stamp, form->zeroes, touch_full);
        slots[i].len = skipped + payload_len;
    }
}

#define FILL_VARIANT(name, target, touch_full, whole_frames)                                                           \
    target static void name(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp)               \
    {                                                                                                                  \
        fill(d, first, n, stamp, touch_full, whole_frames);                                                            \
    }

FILL_VARIANT(fill_payload_header, TARGET_BASE, false, false)
FILL_VARIANT(fill_frame_header, TARGET_BASE, false, true)
FILL_VARIANT(fill_whole_payload, TARGET_BASE, true, false)
FILL_VARIANT(fill_frame, TARGET_BASE, true, true)
FILL_VARIANT(fill_whole_payload_avx2, TARGET_AVX2, true, false)
FILL_VARIANT(fill_frame_avx2, TARGET_AVX2, true, true)

fill_function *fill_choose_any(unsigned capabilities, bool touch_full, enum vector vector)
{
    static fill_function *const full[VECTOR_COUNT][2] = {
        [VECTOR_BASE] = {fill_whole_payload, fill_frame},
        [VECTOR_AVX2] = {fill_whole_payload_avx2, fill_frame_avx2},
    };
    static fill_function *const header[2] = {fill_payload_header, fill_frame_header};
    bool whole_frames = (capabilities & IO_WHOLE_FRAMES) != 0;

    return touch_full ? full[vector][whole_frames] : header[whole_frames];
}
