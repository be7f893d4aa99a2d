/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over packets received that have a form: each has its own length, and headers of a length of their own. */
#include "../frame/checksum.h"
#include "../frame/form.h"
#include "arrivals.h"
#include "match.h"

/* Whether a packet was sent with the run's others: at the same time, as much too late. Either header tells it, a
 * compact one less exactly, and so the lags of both are compared as that has them. */
ALWAYS_INLINE bool is_of_burst(const struct run *run, const uint8_t *payload, bool compact)
{
    const uint64_t times = load_u64(payload + PAYLOAD_TIMES);

    if (compact)
        return ((times ^ run->sent_ticks) & COMPACT_SENT_MASK) == 0 &&
               (times & SENT_MASK) >> COMPACT_SENT_BITS == compact_lag(run->lag);
    return ((times ^ run->sent_ticks) & SENT_MASK) == 0 &&
           compact_lag(load_u32(payload + PAYLOAD_LAG)) == compact_lag(run->lag);
}

ALWAYS_INLINE bool payload_matches(const struct run *run, const uint8_t *payload, uint32_t len, uint32_t sequence,
                                   const bool touch_full)
{
    return load_u32(payload + PAYLOAD_MARK) == run->mark && load_u32(payload + PAYLOAD_SEQUENCE) == sequence &&
           load_u16(payload + PAYLOAD_CHECK) == packet_check(run->mark, sequence) &&
           is_of_burst(run, payload, payload_is_compact(len)) &&
           (!touch_full || checksum_fold(checksum_add(0, payload, len)) == UINT16_MAX);
}

/* The body of all variants below, which fix the last two arguments and the vectors. */
ALWAYS_INLINE unsigned match(const struct arrivals *a, const struct io_slot *slots, unsigned n, const bool touch_full,
                             const bool whole_frames)
{
    const struct form *form = a->form;
    const struct run run = a->run;
    const uint64_t number = a->sequence.next;
    const uint32_t skipped = whole_frames ? form->headers_len : 0;
    struct form_cursor lens = form_from(form, number);
    unsigned i;

    for (i = 0; i < n; i++) {
        const struct io_slot *slot = &slots[i];
        const uint32_t frame_len = form_next_len(&lens), payload_len = frame_len - form->headers_len;
        /* The length comes first: it is what allows the bytes to be read. */
        if (slot->len != skipped + payload_len || slot->seen_ticks != run.seen_ticks ||
            (whole_frames && !form_headers_match(form, slot->data, number + i, frame_len)) ||
            !payload_matches(&run, slot->data + skipped, payload_len, (uint32_t)(number + i), touch_full))
            break;
    }
    return i;
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

match_function *match_choose_any(bool touch_full, bool whole_frames, enum vector vector)
{
    static match_function *const full[VECTOR_COUNT][2] = {
        [VECTOR_BASE] = {match_payload, match_frame},
        [VECTOR_AVX2] = {match_payload_avx2, match_frame_avx2},
    };
    static match_function *const header[2] = {match_payload_header, match_frame_header};

    return touch_full ? full[vector][whole_frames] : header[whole_frames];
}
