/* SPDX-License-Identifier: Apache-2.0 */
#include "fill.h"

#include "../frame/pattern.h"
#include "departures.h"

#define SEQUENCE_STEP (UINT64_C(1) << 32)

/* The body of all variants below, which fix the last four arguments and the vectors. */
ALWAYS_INLINE void fill(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp,
                        const bool touch_full, const bool whole_frames, const bool slots_keep_content,
                        const bool compact)
{
    const struct io_slot *slots = d->slots + first;
    const uint64_t times = packet_times(stamp->sent_ticks, stamp->lag, compact);
    const uint32_t data = compact ? COMPACT_DATA : PAYLOAD_DATA, data_len = d->payload_len - data;
    /* The header is written by stores that overlap: mark and number; times; check, lag where it is not among the times,
     * and no checksum; checksum. The first and the third count up, and so do the sum of all and where the data begins.
     */
    uint64_t head = stamp->mark | (uint64_t)stamp->sequence << 32;
    uint64_t tail = stamp->check | (compact ? 0 : (uint64_t)stamp->lag << 16);
    uint64_t header_sum = checksum_add_u64(checksum_add_u64(checksum_add_u64(0, head), times), tail);
    uint64_t pattern = pattern_begin(stamp->sequence);

    for (unsigned i = 0; i < n;
         i++, head += SEQUENCE_STEP, tail++, header_sum += PACKET_SUM_STEP, pattern += PATTERN_SPREAD) {
        uint8_t *payload = slots[i].data;
        if (whole_frames) {
            if (!slots_keep_content)
                memcpy(payload, d->headers, HEADERS_LEN);
            payload += HEADERS_LEN;
        }
        store_u64(payload + PAYLOAD_MARK, head);
        store_u64(payload + PAYLOAD_TIMES, times);
        if (compact)
            store_u32(payload + PAYLOAD_CHECK, (uint32_t)tail);
        else
            store_u64(payload + PAYLOAD_CHECK, tail);
        if (touch_full) {
            uint64_t sum = pattern_write(header_sum, payload + data, data_len, pattern);
            store_u16(payload + (compact ? COMPACT_CHECKSUM : PAYLOAD_CHECKSUM), (uint16_t)~checksum_fold(sum));
        }
    }
}

#define FILL_VARIANT(name, target, touch_full, whole_frames, slots_keep_content)                                       \
    target static void name(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp)               \
    {                                                                                                                  \
        fill(d, first, n, stamp, touch_full, whole_frames, slots_keep_content, false);                                 \
    }
/* There is no data worth vectors. */
#define FILL_COMPACT(name, touch_full, whole_frames, slots_keep_content)                                               \
    static void name(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp)                      \
    {                                                                                                                  \
        fill(d, first, n, stamp, touch_full, whole_frames, slots_keep_content, true);                                  \
    }

FILL_VARIANT(fill_payload_header, TARGET_BASE, false, false, true)
FILL_VARIANT(fill_frame_header, TARGET_BASE, false, true, false)
FILL_VARIANT(fill_frame_kept_header, TARGET_BASE, false, true, true)
FILL_VARIANT(fill_payload, TARGET_BASE, true, false, true)
FILL_VARIANT(fill_frame, TARGET_BASE, true, true, false)
FILL_VARIANT(fill_frame_kept, TARGET_BASE, true, true, true)
FILL_VARIANT(fill_payload_avx2, TARGET_AVX2, true, false, true)
FILL_VARIANT(fill_frame_avx2, TARGET_AVX2, true, true, false)
FILL_VARIANT(fill_frame_kept_avx2, TARGET_AVX2, true, true, true)
FILL_COMPACT(fill_compact_payload_header, false, false, true)
FILL_COMPACT(fill_compact_frame_header, false, true, false)
FILL_COMPACT(fill_compact_frame_kept_header, false, true, true)
FILL_COMPACT(fill_compact_payload, true, false, true)
FILL_COMPACT(fill_compact_frame, true, true, false)
FILL_COMPACT(fill_compact_frame_kept, true, true, true)

fill_function *fill_choose(unsigned capabilities, bool compact, bool touch_full, enum vector vector)
{
    enum { PAYLOAD, FRAME, FRAME_KEPT, KINDS };
    static fill_function *const full[VECTOR_COUNT][KINDS] = {
        [VECTOR_BASE] = {fill_payload, fill_frame, fill_frame_kept},
        [VECTOR_AVX2] = {fill_payload_avx2, fill_frame_avx2, fill_frame_kept_avx2},
    };
    static fill_function *const header[KINDS] = {fill_payload_header, fill_frame_header, fill_frame_kept_header};
    static fill_function *const compacts[2][KINDS] = {
        {fill_compact_payload_header, fill_compact_frame_header, fill_compact_frame_kept_header},
        {fill_compact_payload, fill_compact_frame, fill_compact_frame_kept},
    };
    unsigned kind = PAYLOAD;

    if (capabilities & IO_WHOLE_FRAMES)
        kind = capabilities & IO_SLOTS_KEEP_CONTENT ? FRAME_KEPT : FRAME;
    if (compact)
        return compacts[touch_full][kind];
    return touch_full ? full[vector][kind] : header[kind];
}
