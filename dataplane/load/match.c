/* SPDX-License-Identifier: Apache-2.0 */
#include "match.h"

#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "arrivals.h"

/* The body of all variants below, which fix the last two arguments and the vectors. */
ALWAYS_INLINE unsigned match(const struct arrivals *a, const struct io_slot *slots, unsigned n, const bool touch_full,
                             const bool whole_frames)
{
    const uint32_t offset = whole_frames ? HEADERS_LEN : 0;
    const uint32_t slot_len = a->slot_len;
    const uint32_t data_len = slot_len - offset - PAYLOAD_DATA;
    const uint64_t seen_ticks = a->run.seen_ticks, sent = a->run.sent_ticks & SENT_MASK;
    const uint32_t mark = a->run.mark, sequence = (uint32_t)a->sequence.next;
    uint8_t headers[HEADERS_LEN];
    /* The fields behind the mark as two words: number and send time; its rest, check and lag. Both count up from packet
     * to packet, and the sum of all with them. Where one of them wraps, the carry makes it differ from the packet's,
     * which is then looked at by itself. */
    uint64_t sequence_and_sent = sequence | sent << 32;
    uint64_t check_and_lag = sent >> 32 | (uint64_t)packet_check(mark, sequence) << 16 | (uint64_t)a->run.lag << 32;
    uint64_t sum = checksum_add_u64(checksum_add_u64(mark, sequence_and_sent), check_and_lag);
    const struct io_slot *slot = slots;

    memcpy(headers, a->headers, sizeof(headers));
#pragma GCC unroll 4
    for (; slot != slots + n; slot++, sequence_and_sent++, check_and_lag += UINT64_C(1) << 16, sum += PACKET_SUM_STEP) {
        const uint8_t *payload = slot->data + offset;
        /* The length comes first: it is what allows the bytes to be read. */
        if (UNLIKELY(slot->len != slot_len || slot->seen_ticks != seen_ticks ||
                     (whole_frames && !headers_match(slot->data, headers, touch_full)) ||
                     load_u32(payload + PAYLOAD_MARK) != mark ||
                     load_u64(payload + PAYLOAD_SEQUENCE) != sequence_and_sent ||
                     load_u64(payload + PAYLOAD_SEQUENCE + 8) != check_and_lag ||
                     (touch_full && checksum_fold(checksum_add(sum + load_u16(payload + PAYLOAD_CHECKSUM),
                                                               payload + PAYLOAD_DATA, data_len)) != UINT16_MAX)))
            break;
    }
    return (unsigned)(slot - slots);
}

#define MATCH_VARIANT(name, target, touch_full, whole_frames)                                                          \
    target static unsigned name(const struct arrivals *a, const struct io_slot *slots, unsigned n)                     \
    {                                                                                                                  \
        return match(a, slots, n, touch_full, whole_frames);                                                           \
    }

MATCH_VARIANT(match_payload_header, TARGET_BASE, false, false)
MATCH_VARIANT(match_frame_header, TARGET_BASE, false, true)
MATCH_VARIANT(match_payload, TARGET_BASE, true, false)
MATCH_VARIANT(match_frame, TARGET_BASE, true, true)
MATCH_VARIANT(match_payload_avx2, TARGET_AVX2, true, false)
MATCH_VARIANT(match_frame_avx2, TARGET_AVX2, true, true)

match_function *match_choose(bool touch_full, bool whole_frames, enum vector vector)
{
    static match_function *const full[VECTOR_COUNT][2] = {
        [VECTOR_BASE] = {match_payload, match_frame},
        [VECTOR_AVX2] = {match_payload_avx2, match_frame_avx2},
    };
    static match_function *const header[2] = {match_payload_header, match_frame_header};

    return touch_full ? full[vector][whole_frames] : header[whole_frames];
}
