/* SPDX-License-Identifier: Apache-2.0 */
#include "match.h"

#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "arrivals.h"

/* Instead of an offset at which flows differ: all packets have the same headers, or come in at one of several ports and
 * are not asked whose. */
#define NO_FLOWS UINT32_MAX
#define ANY_PORT (UINT32_MAX - 1)

/* The body of all variants below, which fix the last four arguments and the vectors. The packets are expected `ahead`
 * of the next one. With flows that differ from an offset on, their words are given. */
ALWAYS_INLINE unsigned match(const struct arrivals *a, const struct io_slot *slots, unsigned n, unsigned ahead,
                             const uint64_t *words, const bool touch_full, const bool whole_frames, const bool compact,
                             const uint32_t flow_offset)
{
    const uint32_t offset = whole_frames ? HEADERS_LEN : 0;
    const uint32_t slot_len = a->slot_len;
    const uint32_t data = compact ? COMPACT_DATA : PAYLOAD_DATA, data_len = slot_len - offset - data;
    const uint32_t checksum = compact ? COMPACT_CHECKSUM : PAYLOAD_CHECKSUM;
    const uint64_t seen_ticks = a->run.seen_ticks, times = a->run.times;
    const uint32_t mark = a->run.mark, sequence = (uint32_t)a->sequence.next + ahead;
    const bool has_words = flow_offset < ANY_PORT;
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
         slot++, words += has_words, sequence_and_times++, check_and_lag += UINT64_C(1) << 16, sum += PACKET_SUM_STEP) {
        const uint8_t *payload = slot->data + offset;
        /* The length comes first: it is what allows the bytes to be read. */
        if (UNLIKELY(slot->len != slot_len || slot->seen_ticks != seen_ticks ||
                     (whole_frames && flow_offset == NO_FLOWS && !headers_match(slot->data, headers, touch_full)) ||
                     (flow_offset == ANY_PORT && !headers_tell_ours(slot->data, headers, a->ports)) ||
                     (has_words && (load_u64(slot->data + flow_offset) != *words ||
                                    !headers_match_around(slot->data, headers, flow_offset))) ||
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

#define VARIANT(name, target, touch_full, whole_frames, compact, flow_offset)                                          \
    target static unsigned name(const struct arrivals *a, const struct io_slot *slots, unsigned n)                     \
    {                                                                                                                  \
        return match(a, slots, n, 0, NULL, touch_full, whole_frames, compact, flow_offset);                            \
    }
#define MATCH_VARIANT(name, target, touch_full, whole_frames, compact)                                                 \
    VARIANT(name, target, touch_full, whole_frames, compact, NO_FLOWS)

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

VARIANT(match_any_port, TARGET_BASE, false, true, false, ANY_PORT)
VARIANT(match_compact_any_port, TARGET_BASE, false, true, true, ANY_PORT)

match_function *match_choose_ports(bool compact)
{
    return compact ? match_compact_any_port : match_any_port;
}

/* The words of so many packets are made at a time: where one of them does not continue the run, the rest is in vain. */
#define FLOW_CHUNK 64

ALWAYS_INLINE unsigned match_flows(const struct arrivals *a, const struct io_slot *slots, unsigned n,
                                   const bool compact, const uint32_t offset)
{
    uint64_t words[FLOW_CHUNK];
    unsigned done = 0, matching, count;

    do {
        count = n - done < FLOW_CHUNK ? n - done : FLOW_CHUNK;
        flow_words(&a->view, a->sequence.next + done, count, words);
        matching = match(a, slots + done, count, done, words, true, true, compact, offset);
        done += matching;
    } while (matching == FLOW_CHUNK);
    return done;
}

#define FLOWS_VARIANT(name, target, compact, offset)                                                                   \
    target static unsigned name(const struct arrivals *a, const struct io_slot *slots, unsigned n)                     \
    {                                                                                                                  \
        return match_flows(a, slots, n, compact, offset);                                                              \
    }
#define FLOWS_VARIANTS(place, offset)                                                                                  \
    FLOWS_VARIANT(match_##place, TARGET_BASE, false, offset)                                                           \
    FLOWS_VARIANT(match_##place##_avx2, TARGET_AVX2, false, offset)                                                    \
    FLOWS_VARIANT(match_##place##_compact, TARGET_BASE, true, offset)

FLOWS_VARIANTS(destination_mac, FLOW_AT_DESTINATION_MAC)
FLOWS_VARIANTS(both_macs, FLOW_AT_BOTH_MACS)
FLOWS_VARIANTS(source_mac, FLOW_AT_SOURCE_MAC)
FLOWS_VARIANTS(addresses, FLOW_AT_IP)
FLOWS_VARIANTS(ports, FLOW_AT_UDP)

match_function *match_choose_flows(bool compact, uint32_t offset, enum vector vector)
{
    static const struct {
        uint32_t offset;
        match_function *by_vector[VECTOR_COUNT], *compact;
    } places[] = {
        {FLOW_AT_DESTINATION_MAC, {match_destination_mac, match_destination_mac_avx2}, match_destination_mac_compact},
        {FLOW_AT_BOTH_MACS, {match_both_macs, match_both_macs_avx2}, match_both_macs_compact},
        {FLOW_AT_SOURCE_MAC, {match_source_mac, match_source_mac_avx2}, match_source_mac_compact},
        {FLOW_AT_IP, {match_addresses, match_addresses_avx2}, match_addresses_compact},
        {FLOW_AT_UDP, {match_ports, match_ports_avx2}, match_ports_compact},
    };
    unsigned i = 0;

    while (places[i].offset != offset)
        i++;
    return compact ? places[i].compact : places[i].by_vector[vector];
}
