/* SPDX-License-Identifier: Apache-2.0 */
#include "match.h"

#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "arrivals.h"

/* The body of all variants below, which fix the last three arguments and the vectors. */
ALWAYS_INLINE unsigned match(const struct arrivals *a, const struct io_slot *slots, unsigned n, const bool touch_full,
                             const bool whole_frames, const bool compact)
{
    const uint32_t offset = whole_frames ? HEADERS_LEN : 0;
    const uint32_t slot_len = a->slot_len;
    const uint32_t data = compact ? COMPACT_DATA : PAYLOAD_DATA, data_len = slot_len - offset - data;
    const uint32_t checksum = compact ? COMPACT_CHECKSUM : PAYLOAD_CHECKSUM;
    const uint64_t seen_ticks = a->run.seen_ticks, times = a->run.times;
    const uint32_t mark = a->run.mark, sequence = (uint32_t)a->sequence.next;
    uint8_t headers[HEADERS_LEN];
    /* The fields behind the mark as two words: number and times; their rest, check and lag, where that has a field of
     * its own. Both count up from packet to packet, and the sum of all with them. Where one of them wraps, it differs
     * from the packet's by the carry, or the sum does, and the packet is looked at by itself. */
    uint64_t sequence_and_times = sequence | times << 32;
    uint64_t check_and_lag = times >> 32 | (uint64_t)packet_check(mark, sequence) << 16;
    if (!compact)
        check_and_lag |= (uint64_t)a->run.lag << 32;
    uint64_t sum = checksum_add_u64(checksum_add_u64(mark, sequence_and_times), check_and_lag);
    const struct io_slot *slot = slots;

    memcpy(headers, a->headers, sizeof(headers));
#pragma GCC unroll 4
    for (; slot != slots + n;
         slot++, sequence_and_times++, check_and_lag += UINT64_C(1) << 16, sum += PACKET_SUM_STEP) {
        const uint8_t *payload = slot->data + offset;
        /* The length comes first: it is what allows the bytes to be read. */
        if (UNLIKELY(slot->len != slot_len || slot->seen_ticks != seen_ticks ||
                     (whole_frames && !headers_match(slot->data, headers, touch_full)) ||
                     load_u32(payload + PAYLOAD_MARK) != mark ||
                     load_u64(payload + PAYLOAD_SEQUENCE) != sequence_and_times ||
                     (compact ? load_u32(payload + PAYLOAD_SEQUENCE + 8) != (uint32_t)check_and_lag
                              : load_u64(payload + PAYLOAD_SEQUENCE + 8) != check_and_lag) ||
                     (touch_full && checksum_fold(checksum_add(sum + load_u16(payload + checksum), payload + data,
                                                               data_len)) != UINT16_MAX)))
            break;
    }
    return (unsigned)(slot - slots);
}

#define MATCH_VARIANT(name, target, touch_full, whole_frames, compact)                                                 \
    target static unsigned name(const struct arrivals *a, const struct io_slot *slots, unsigned n)                     \
    {                                                                                                                  \
        return match(a, slots, n, touch_full, whole_frames, compact);                                                  \
    }

MATCH_VARIANT(match_payload_header, TARGET_BASE, false, false, false)
MATCH_VARIANT(match_frame_header, TARGET_BASE, false, true, false)
MATCH_VARIANT(match_payload, TARGET_BASE, true, false, false)
MATCH_VARIANT(match_frame, TARGET_BASE, true, true, false)
MATCH_VARIANT(match_payload_avx2, TARGET_AVX2, true, false, false)
MATCH_VARIANT(match_frame_avx2, TARGET_AVX2, true, true, false)
/* There is no data worth vectors. */
MATCH_VARIANT(match_compact_payload_header, TARGET_BASE, false, false, true)
MATCH_VARIANT(match_compact_frame_header, TARGET_BASE, false, true, true)
MATCH_VARIANT(match_compact_payload, TARGET_BASE, true, false, true)
MATCH_VARIANT(match_compact_frame, TARGET_BASE, true, true, true)

match_function *match_choose(bool compact, bool touch_full, bool whole_frames, enum vector vector)
{
    static match_function *const full[VECTOR_COUNT][2] = {
        [VECTOR_BASE] = {match_payload, match_frame},
        [VECTOR_AVX2] = {match_payload_avx2, match_frame_avx2},
    };
    static match_function *const header[2] = {match_payload_header, match_frame_header};
    static match_function *const compacts[2][2] = {
        {match_compact_payload_header, match_compact_frame_header},
        {match_compact_payload, match_compact_frame},
    };

    if (compact)
        return compacts[touch_full][whole_frames];
    return touch_full ? full[vector][whole_frames] : header[whole_frames];
}
