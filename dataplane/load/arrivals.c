/* SPDX-License-Identifier: Apache-2.0 */
#include "arrivals.h"

#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "clock.h"

/* Counters of two CPUs may differ by this much although they are the same clock. */
#define CLOCK_SKEW_NS 1000
/* No packet waits so long in a switch: the sender's clock is another one. */
#define IMPLAUSIBLE_NS (60 * NS_PER_SECOND)
/* No port takes as many packets per second. */
#define UNPACED_PPS UINT64_C(1000000000)
/* By how much clocks may differ on which sender and receiver go: a part of the time, as a power of two, and for the
 * start, which is not at one instant on two hosts, some more. */
#define CLOCKS_DIFFER_SHIFT 10
#define START_DIFFERS_NS NS_PER_SECOND
/* A number is told by its lower 32 bits, forward up to here. */
#define AHEAD_MAX (UINT64_C(1) << 31)

enum verdict { INTACT, DAMAGED, UNIDENTIFIED, FOREIGN };

/* Whether the bytes that say whose packet it is and which one are there, and to be trusted. */
static bool is_identified(const struct arrivals *a, const struct io_slot *slot)
{
    const uint8_t *payload = slot->data + a->payload_offset;

    if (slot->len < a->payload_offset + PAYLOAD_IDENTITY_END)
        return false;
    uint32_t mark = load_u32(payload + PAYLOAD_MARK);
    return (mark & MARK_MAGIC_MASK) == PACKET_MAGIC &&
           load_u16(payload + PAYLOAD_CHECK) == packet_check(mark, load_u32(payload + PAYLOAD_SEQUENCE));
}

/* Whether the sender can have sent this number by now. A sender with a rate has a schedule, and never more numbers than
 * that, however long it, the switch or we stood still; without one, what it can have sent since the highest is
 * bounded. */
static bool is_reachable(const struct arrivals *a, uint64_t number, uint64_t seen_ticks)
{
    uint64_t next = a->sequence.next;

    if (number <= next)
        return true;
    bool paced = a->rate_pps > 0;
    uint64_t since_ticks = paced ? a->begin_ticks : a->run.seen_ticks;
    uint64_t elapsed = seen_ticks > since_ticks ? seen_ticks - since_ticks : 0;
    elapsed += (elapsed >> CLOCKS_DIFFER_SHIFT) + clock_ns_to_ticks(START_DIFFERS_NS);
    unsigned __int128 sent = (unsigned __int128)elapsed * (paced ? a->rate_pps : UNPACED_PPS) / clock_rate.hz;
    return number - next < AHEAD_MAX && number < (paced ? 0 : next) + sent + a->ahead_packets;
}

/* Whether they are as little as touch=none asks for. */
static bool headers_are_ours(const struct arrivals *a, const struct io_slot *slot)
{
    return headers_are_udp_to(&a->encapsulation, slot->data, slot->len, a->ports) &&
           headers_agree_on_len(&a->encapsulation, slot->data, slot->len);
}

static bool headers_are_of_flow(const struct arrivals *a, const uint8_t *frame, uint64_t number)
{
    uint8_t headers[HEADERS_LEN];
    struct io_slot slot = {.data = headers, .len = HEADERS_LEN};

    memcpy(headers, a->headers, sizeof(headers));
    flow_write(&a->view, number, 1, &slot);
    return headers_match(frame, headers, true);
}

/* Whether a packet of this number is so long. */
static bool length_is_right(const struct arrivals *a, const struct io_slot *slot, uint64_t number)
{
    if (a->form == NULL)
        return slot->len == a->slot_len;
    return slot->len == form_len_of(a->form, number) - a->headers_len + a->payload_offset;
}

static bool headers_are_right(const struct arrivals *a, const struct io_slot *slot, uint64_t number)
{
    if (!a->whole_frames)
        return true;
    if (a->form != NULL)
        return form_headers_match(a->form, slot->data, number, slot->len) ||
               (!a->touch_full && headers_are_ours(a, slot));
    if (a->touch_full)
        return a->view.flows == NULL ? headers_match(slot->data, a->headers, true)
                                     : headers_are_of_flow(a, slot->data, number);
    return headers_tell_ours(slot->data, a->headers, a->ports) || headers_are_ours(a, slot);
}

static bool payload_is_right(const struct arrivals *a, const struct io_slot *slot)
{
    const uint8_t *payload = slot->data + a->payload_offset;

    return !a->touch_full || checksum_fold(checksum_add(0, payload, slot->len - a->payload_offset)) == UINT16_MAX;
}

/* Judges a packet by itself, in the order that PROTOCOL.md gives: whose is it, which one, is it intact. */
static enum verdict inspect(const struct arrivals *a, const struct io_slot *slot)
{
    const uint8_t *payload = slot->data + a->payload_offset;

    if (!is_identified(a, slot))
        return a->whole_frames && !headers_are_udp_to(&a->encapsulation, slot->data, slot->len, a->ports)
                   ? FOREIGN
                   : UNIDENTIFIED;
    if ((load_u32(payload + PAYLOAD_MARK) & ~MARK_STEADY) != a->mark)
        return FOREIGN;
    uint64_t number = sequence_unwrap(&a->sequence, load_u32(payload + PAYLOAD_SEQUENCE));
    if (!is_reachable(a, number, slot->seen_ticks))
        return FOREIGN;
    bool intact = length_is_right(a, slot, number) && headers_are_right(a, slot, number) && payload_is_right(a, slot);
    return intact ? INTACT : DAMAGED;
}

/* Counts unique packets that share their times, with the numbers from `first` on. */
static void record(struct arrivals *a, const struct run *run, uint64_t first, uint64_t packets)
{
    if (!(run->mark & MARK_STEADY))
        return;
    a->steady += packets;
    if (a->form != NULL)
        a->steady_bytes += form_bytes_of(a->form, first, packets);

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
    if (UNLIKELY(__atomic_load_n(a->in_event, __ATOMIC_RELAXED)))
        histogram_record(&a->event_since_intended, clock_ticks_to_ns(delay + lag), packets);
}

/* The bytes of so many packets from the next one on. */
static uint64_t bytes_in_order(const struct arrivals *a, unsigned packets)
{
    return a->form == NULL ? (uint64_t)packets * a->frame_len : form_bytes_of(a->form, a->sequence.next, packets);
}

/* Counts the packets that continued the run, which ends. */
static void end_run(struct arrivals *a, unsigned packets)
{
    uint64_t unrecorded = a->run.unrecorded + packets;

    a->run.unrecorded = 0;
    a->packets += packets;
    a->bytes += bytes_in_order(a, packets);
    sequence_in_order(&a->sequence, packets);
    if (unrecorded > 0)
        record(a, &a->run, a->sequence.next - unrecorded, unrecorded);
}

/* Counts a packet whose number is known, and which came damaged when it came first. */
static void count_corrupted(struct arrivals *a, uint32_t mark)
{
    a->corrupted++;
    a->steady_corrupted += (mark & MARK_STEADY) != 0;
}

/* What is to be known of an intact packet to count it, and to tell whether others go on as it did. */
static struct run run_of(const struct arrivals *a, const struct io_slot *slot)
{
    const uint8_t *payload = slot->data + a->payload_offset;
    uint64_t times = load_u64(payload + PAYLOAD_TIMES) & SENT_MASK;
    bool compact = a->form == NULL ? a->compact : payload_is_compact(slot->len - a->payload_offset);

    return (struct run){
        .sent_ticks = packet_sent_ticks(times, slot->seen_ticks, compact),
        .seen_ticks = slot->seen_ticks,
        .times = times,
        .mark = load_u32(payload + PAYLOAD_MARK),
        .lag = compact ? compact_lag_value((uint32_t)(times >> COMPACT_SENT_BITS)) : load_u32(payload + PAYLOAD_LAG),
        .unrecorded = 1,
    };
}

/* Counts an intact or damaged packet of a known number; an intact one that is the highest yet begins a run. */
static void count_identified(struct arrivals *a, const struct io_slot *slot, bool intact)
{
    const uint8_t *payload = slot->data + a->payload_offset;
    uint32_t mark = load_u32(payload + PAYLOAD_MARK);
    uint64_t number = sequence_unwrap(&a->sequence, load_u32(payload + PAYLOAD_SEQUENCE));
    enum sequence_verdict verdict = sequence_arrived(&a->sequence, number);

    if (verdict == SEQUENCE_REORDERED && a->flow_losses != NULL)
        flow_losses_reordered(a->flow_losses, &a->sequence, number);
    if (verdict == SEQUENCE_DUPLICATE || verdict == SEQUENCE_LATE)
        return;
    if (!intact) {
        count_corrupted(a, mark);
        return;
    }
    struct run run = run_of(a, slot);
    if (verdict == SEQUENCE_FIRST)
        a->run = run;
    else
        record(a, &run, number, 1);
}

/* Takes a packet by itself. Returns whether it is ours and sound. */
static bool take_one(struct arrivals *a, const struct io_slot *slot)
{
    enum verdict verdict = inspect(a, slot);

    if (verdict == FOREIGN) {
        a->foreign++;
        return false;
    }
    a->packets++;
    a->bytes += slot->len + a->headers_len - a->payload_offset;
    if (verdict == UNIDENTIFIED) {
        /* Its mark is as doubtful as its number: it is taken to be of the time in which it came. */
        a->unidentified++;
        count_corrupted(a, a->run.mark);
        return false;
    }
    count_identified(a, slot, verdict == INTACT);
    return verdict == INTACT;
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

/* Traffic whose packets have one length, and headers that are alike but for their flows. */
static void expect_plain(struct arrivals *a, const struct io_config *c, bool touch_full)
{
    headers_build(a->headers, &c->peer, &c->local, c->frame_len, touch_full);
    a->compact = packet_is_compact(c->frame_len);
    a->match = match_choose(a->compact, touch_full, a->whole_frames, vector_best());
    a->slot_len = c->frame_len - HEADERS_LEN + a->payload_offset;
    if (c->flows == NULL)
        return;
    flow_view_init(&a->view, c->flows, a->headers, c->flows->at_source);
    if (touch_full)
        a->match = match_choose_flows(a->compact, a->view.offset, vector_best());
    else if (a->ports.count > 1 && a->whole_frames)
        a->match = match_choose_ports(a->compact);
}

static const bool never = false;

void arrivals_init(struct arrivals *a, const struct io_port *port, uint32_t mark, bool touch_full)
{
    const struct io_config *c = &port->config;
    bool whole_frames = (port->ops->capabilities & IO_WHOLE_FRAMES) != 0;

    /* Written to now, page by page, and not when the first packet arrives. */
    memset(a, 0, sizeof(*a));
    sequence_reset(&a->sequence);
    histogram_reset(&a->since_intended);
    histogram_reset(&a->since_sent);
    histogram_reset(&a->event_since_intended);
    a->in_event = &never;

    a->form = c->rx_form;
    a->headers_len = a->form != NULL ? a->form->headers_len : HEADERS_LEN;
    a->encapsulation = c->encapsulation;
    a->whole_frames = whole_frames;
    a->payload_offset = whole_frames ? a->headers_len : 0;
    a->ports = udp_ports_of(c->flows, c->local.udp_port, c->flows != NULL && c->flows->at_source);
    if (a->form != NULL)
        a->match = match_choose_any(touch_full, whole_frames, vector_best());
    else
        expect_plain(a, c, touch_full);
    a->frame_len = c->frame_len;
    a->ahead_packets = c->burst;
    a->mark = mark;
    a->skew_max = clock_ns_to_ticks(CLOCK_SKEW_NS);
    a->delay_max = clock_ns_to_ticks(IMPLAUSIBLE_NS);
    a->touch_full = touch_full;
}

/* Whose packet is missing, and how long it was. */
static void count_lost(void *arrivals, uint64_t number)
{
    struct arrivals *a = arrivals;

    if (a->flow_losses != NULL)
        flow_losses_count(a->flow_losses, number);
    if (a->trains != NULL)
        trains_count_lost(a->trains, number);
    if (a->gaps != NULL)
        gaps_count_lost(a->gaps, number);
    if (a->form != NULL && a->form->sizes != NULL)
        a->lost_of_class[size_class_of(a->form->sizes, number)]++;
}

void arrivals_count_losses(struct arrivals *a, struct flow_losses *losses, struct trains *trains, struct gaps *gaps)
{
    a->flow_losses = losses;
    a->trains = trains;
    a->gaps = gaps;
    a->sequence.lost = count_lost;
    a->sequence.lost_context = a;
}

void arrivals_heed_events(struct arrivals *a, const bool *in_event)
{
    a->in_event = in_event;
}

void arrivals_by_size(const struct arrivals *a, uint64_t packets[SIZE_CLASSES_MAX])
{
    const struct sizes *sizes = a->form->sizes;

    sizes_count_before(sizes, a->sequence.next, packets);
    for (uint32_t c = 0; c < sizes->class_count; c++)
        packets[c] -= a->lost_of_class[c];
}

void arrivals_begin(struct arrivals *a, uint64_t begin_ticks, uint64_t rate_pps)
{
    a->begin_ticks = a->run.seen_ticks = begin_ticks;
    a->rate_pps = rate_pps;
}

void arrivals_allow_ahead(struct arrivals *a, uint64_t packets)
{
    a->ahead_packets = packets;
}
