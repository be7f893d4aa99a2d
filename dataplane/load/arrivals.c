/* SPDX-License-Identifier: Apache-2.0 */
#include "arrivals.h"

#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "clock.h"

/* Counters of two CPUs may differ by this much although they are the same clock. */
#define CLOCK_SKEW_NS 1000
/* No packet waits so long in a switch: the sender's clock is another one. */
#define IMPLAUSIBLE_NS (60 * NS_PER_SECOND)

enum verdict { SOUND, CORRUPTED, FOREIGN };

/* len must cover our header. */
ALWAYS_INLINE bool checksum_is_right(const uint8_t *payload, uint32_t len)
{
    uint64_t sum = load_u32(payload + PAYLOAD_LAG) + (uint64_t)load_u16(payload + PAYLOAD_CHECKSUM);

    sum = checksum_add_u64(sum, load_u64(payload + PAYLOAD_MARK));
    sum = checksum_add_u64(sum, load_u64(payload + PAYLOAD_SENT));
    sum = checksum_add(sum, payload + PAYLOAD_DATA, len - PAYLOAD_DATA);
    return checksum_fold(sum) == UINT16_MAX;
}

ALWAYS_INLINE bool headers_are_expected(const struct expected_headers *expected, const uint8_t *frame)
{
    return load_u64(frame + 12) == expected->from_ethertype && load_u32(frame + 20) == expected->from_fragment &&
           load_u32(frame + 36) == expected->from_udp_port;
}

/* Judges a packet by itself, in the order that PROTOCOL.md gives: whose is it, is it intact, which pair's is it. */
static enum verdict inspect(const struct arrivals *a, const struct io_slot *slot)
{
    const uint8_t *payload = slot->data + a->payload_offset;
    bool len_is_right = slot->len == a->slot_len;

    if (a->whole_frames && !(len_is_right && headers_are_expected(&a->headers, slot->data))) {
        if (!headers_are_udp_to(slot->data, slot->len, a->udp_port))
            return FOREIGN;
        len_is_right = len_is_right && headers_agree_on_len(slot->data, slot->len);
    }
    if (slot->len < a->payload_offset + PAYLOAD_DATA)
        return CORRUPTED;
    uint32_t mark = load_u32(payload + PAYLOAD_MARK);
    if ((mark & MARK_MAGIC_MASK) != PACKET_MAGIC)
        return CORRUPTED;
    if (a->touch_full && !checksum_is_right(payload, slot->len - a->payload_offset))
        return CORRUPTED;
    if ((mark ^ a->mark) & MARK_PAIR_MASK)
        return FOREIGN;
    return len_is_right ? SOUND : CORRUPTED;
}

/* Counts unique packets that share their times. */
static void record(struct arrivals *a, const struct run *run, uint64_t packets)
{
    if (!(run->mark & MARK_STEADY))
        return;
    a->steady += packets;

    bool sent_before = run->seen_ticks >= run->sent_ticks;
    uint64_t delay = sent_before ? run->seen_ticks - run->sent_ticks : run->sent_ticks - run->seen_ticks;
    if (delay > (sent_before ? a->delay_max : a->skew_max)) {
        a->untimed += packets;
        return;
    }
    if (!sent_before)
        delay = 0;
    uint64_t lag = (uint64_t)run->lag << LAG_SHIFT;
    histogram_record(&a->since_sent, clock_ticks_to_ns(delay), packets);
    histogram_record(&a->since_intended, clock_ticks_to_ns(delay + lag), packets);
}

/* Counts the packets that continued the run, which ends. */
static void end_run(struct arrivals *a, unsigned packets)
{
    uint64_t unrecorded = a->run.unrecorded + packets;

    a->run.unrecorded = 0;
    a->packets += packets;
    a->bytes += (uint64_t)packets * a->frame_len;
    sequence_in_order(&a->sequence, packets);
    if (unrecorded > 0)
        record(a, &a->run, unrecorded);
}

/* Takes a packet by itself; if it is the highest yet, it begins a run. Returns whether it is ours and sound. */
static bool take_one(struct arrivals *a, const struct io_slot *slot)
{
    enum verdict verdict = inspect(a, slot);

    if (verdict == FOREIGN) {
        a->foreign++;
        return false;
    }
    a->packets++;
    a->bytes += slot->len + HEADERS_LEN - a->payload_offset;
    if (verdict == CORRUPTED) {
        a->corrupted++;
        return false;
    }

    const uint8_t *payload = slot->data + a->payload_offset;
    struct run run = {
        .sent_ticks = load_u64(payload + PAYLOAD_SENT),
        .seen_ticks = slot->seen_ticks,
        .mark = load_u32(payload + PAYLOAD_MARK),
        .lag = load_u32(payload + PAYLOAD_LAG),
        .unrecorded = 1,
    };
    switch (sequence_arrived(&a->sequence, load_u32(payload + PAYLOAD_SEQUENCE))) {
    case SEQUENCE_UNIQUE:
        a->run = run;
        break;
    case SEQUENCE_REORDERED:
        record(a, &run, 1);
        break;
    case SEQUENCE_DUPLICATE:
    case SEQUENCE_LATE:
        break;
    }
    return true;
}

/* How many of the first packets continue the run. This is the loop over packets, and the body of all variants below,
 * which fix the last two arguments. */
ALWAYS_INLINE unsigned match(const struct arrivals *a, const struct io_slot *slots, unsigned n, const bool touch_full,
                             const bool whole_frames)
{
    const uint32_t offset = whole_frames ? HEADERS_LEN : 0;
    const uint32_t slot_len = a->slot_len;
    const struct expected_headers headers = a->headers;
    const uint64_t seen_ticks = a->run.seen_ticks, sent_ticks = a->run.sent_ticks;
    const uint32_t mark = a->run.mark;
    /* The fields behind the mark as two words, of which the first counts up from packet to packet. Where the number
     * wraps, the carry makes it differ from the packet's, which is then looked at by itself. */
    uint64_t sequence_and_sent = (uint32_t)a->sequence.next | sent_ticks << 32;
    const uint64_t sent_and_lag = sent_ticks >> 32 | (uint64_t)a->run.lag << 32;
    const struct io_slot *slot = slots;

#pragma GCC unroll 4
    for (; slot != slots + n; slot++, sequence_and_sent++) {
        const uint8_t *payload = slot->data + offset;
        /* The length comes first: it is what allows the bytes to be read. */
        if (UNLIKELY(slot->len != slot_len || slot->seen_ticks != seen_ticks ||
                     (whole_frames && !headers_are_expected(&headers, slot->data)) ||
                     load_u32(payload + PAYLOAD_MARK) != mark ||
                     load_u64(payload + PAYLOAD_SEQUENCE) != sequence_and_sent ||
                     load_u64(payload + PAYLOAD_SEQUENCE + 8) != sent_and_lag ||
                     (touch_full && !checksum_is_right(payload, slot_len - offset))))
            break;
    }
    return (unsigned)(slot - slots);
}

static unsigned match_payload_header(const struct arrivals *a, const struct io_slot *slots, unsigned n)
{
    return match(a, slots, n, false, false);
}

static unsigned match_payload(const struct arrivals *a, const struct io_slot *slots, unsigned n)
{
    return match(a, slots, n, true, false);
}

static unsigned match_frame_header(const struct arrivals *a, const struct io_slot *slots, unsigned n)
{
    return match(a, slots, n, false, true);
}

static unsigned match_frame(const struct arrivals *a, const struct io_slot *slots, unsigned n)
{
    return match(a, slots, n, true, true);
}

unsigned arrivals_take(struct arrivals *a, struct io_slot *slots, unsigned n)
{
    unsigned kept = 0;

    for (unsigned done = 0; done < n;) {
        if (take_one(a, &slots[done]))
            slots[kept++] = slots[done];
        done++;
        unsigned matching = a->match(a, slots + done, n - done);
        if (kept != done)
            memmove(slots + kept, slots + done, matching * sizeof(*slots));
        kept += matching;
        done += matching;
        end_run(a, matching);
    }
    return kept;
}

void arrivals_init(struct arrivals *a, const struct io_port *port, unsigned pair, bool touch_full)
{
    const struct io_config *c = &port->config;
    bool whole_frames = (port->ops->capabilities & IO_WHOLE_FRAMES) != 0;
    uint8_t headers[HEADERS_LEN];

    /* Written to now, page by page, and not when the first packet arrives. */
    memset(a, 0, sizeof(*a));
    sequence_reset(&a->sequence);
    histogram_reset(&a->since_intended);
    histogram_reset(&a->since_sent);

    headers_build(headers, &c->peer, &c->local, c->frame_len, touch_full);
    a->headers = (struct expected_headers){load_u64(headers + 12), load_u32(headers + 20), load_u32(headers + 36)};
    if (whole_frames)
        a->match = touch_full ? match_frame : match_frame_header;
    else
        a->match = touch_full ? match_payload : match_payload_header;
    a->whole_frames = whole_frames;
    a->payload_offset = whole_frames ? HEADERS_LEN : 0;
    a->slot_len = c->frame_len - HEADERS_LEN + a->payload_offset;
    a->frame_len = c->frame_len;
    a->mark = packet_mark(pair, false);
    a->skew_max = clock_ns_to_ticks(CLOCK_SKEW_NS);
    a->delay_max = clock_ns_to_ticks(IMPLAUSIBLE_NS);
    a->udp_port = c->local.udp_port;
    a->touch_full = touch_full;
}
