/* SPDX-License-Identifier: Apache-2.0 */
#include "fill.h"

#include "../frame/pattern.h"
#include "departures.h"

#define SEQUENCE_STEP (UINT64_C(1) << 32)

/* The body of all variants below, which fix the last three arguments and the vectors. */
ALWAYS_INLINE void fill(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp,
                        const bool touch_full, const bool whole_frames, const bool slots_keep_content)
{
    const struct io_slot *slots = d->slots + first;
    const uint64_t sent = stamp->sent_ticks & SENT_MASK;
    const uint32_t data_len = d->payload_len - PAYLOAD_DATA;
    /* The header is written by stores that overlap: mark and number; send time; check, lag and no checksum; checksum.
     * The first and the third count up, and so do the sum of all and where the data begins. */
    uint64_t head = stamp->mark | (uint64_t)stamp->sequence << 32;
    uint64_t tail = stamp->check | (uint64_t)stamp->lag << 16;
    uint64_t header_sum = checksum_add_u64(checksum_add_u64(checksum_add_u64(0, head), sent), tail);
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
        store_u64(payload + PAYLOAD_SENT, sent);
        store_u64(payload + PAYLOAD_CHECK, tail);
        if (touch_full) {
            uint64_t sum = pattern_write(header_sum, payload + PAYLOAD_DATA, data_len, pattern);
            store_u16(payload + PAYLOAD_CHECKSUM, (uint16_t)~checksum_fold(sum));
        }
    }
}

#define FILL_VARIANT(name, target, touch_full, whole_frames, slots_keep_content)                                       \
    target static void name(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp)               \
    {                                                                                                                  \
        fill(d, first, n, stamp, touch_full, whole_frames, slots_keep_content);                                        \
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

fill_function *fill_choose(unsigned capabilities, bool touch_full, enum vector vector)
{
    enum { PAYLOAD, FRAME, FRAME_KEPT, KINDS };
    static fill_function *const full[VECTOR_COUNT][KINDS] = {
        [VECTOR_BASE] = {fill_payload, fill_frame, fill_frame_kept},
        [VECTOR_AVX2] = {fill_payload_avx2, fill_frame_avx2, fill_frame_kept_avx2},
    };
    static fill_function *const header[KINDS] = {fill_payload_header, fill_frame_header, fill_frame_kept_header};
    unsigned kind = PAYLOAD;

    if (capabilities & IO_WHOLE_FRAMES)
        kind = capabilities & IO_SLOTS_KEEP_CONTENT ? FRAME_KEPT : FRAME;
    return touch_full ? full[vector][kind] : header[kind];
}
