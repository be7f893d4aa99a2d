/* SPDX-License-Identifier: Apache-2.0 */
/* What a receiver makes of packets, good and bad ones. */
#include "../load/arrivals.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define PAIR 9
#define SENT UINT64_C(5000000000)

/* A sender and the receiver behind it; frames lie in the sender's slots. */
struct line {
    struct fake_port fake;
    struct departures d;
    struct arrivals a;
};

static struct line line;

static void line_open(unsigned capabilities, uint32_t frame_len, unsigned burst, bool touch_full)
{
    fake_open(&line.fake, capabilities, frame_len, burst);
    departures_init(&line.d, &line.fake.port, PAIR, touch_full);
    fake_swap_ends(&line.fake);
    arrivals_init(&line.a, &line.fake.port, PAIR, touch_full);
}

static void send_at(uint64_t sequence, unsigned n, bool steady)
{
    line.d.next_sequence = sequence;
    CHECK_EQUAL((uint64_t)departures_send(&line.d, n, SENT, SENT - 1600, steady), n);
}

/* Delivers the first n slots, seen so many ticks after they were sent. */
static unsigned deliver(unsigned n, uint64_t delay)
{
    struct io_slot slots[IO_BURST_MAX];

    for (unsigned i = 0; i < n; i++) {
        slots[i] = line.fake.slots[i];
        slots[i].seen_ticks = SENT + delay;
    }
    return arrivals_take(&line.a, slots, n);
}

static void check_sum(void)
{
    const struct arrivals *a = &line.a;

    CHECK_EQUAL(a->packets, sequence_unique(&a->sequence) + a->sequence.duplicated + a->corrupted + a->sequence.late);
}

/* All sizes, delivered in bursts that cut across those that were sent, over the wrap of the number. */
static void test_flow(unsigned capabilities, uint32_t frame_len, bool touch_full)
{
    uint64_t sequence = UINT64_C(0x7fffffff), count = 0;

    line_open(capabilities, frame_len, 5, touch_full);
    send_at(sequence, 1, false);
    CHECK_EQUAL(deliver(1, 100), 1);
    sequence = UINT64_C(0xfffffff5);
    for (int i = 0; i < 5; i++, sequence += 5) {
        send_at(sequence, 5, i > 0);
        CHECK_EQUAL(deliver(5, 26000), 5);
        count += 5;
    }
    CHECK_EQUAL(line.a.packets, count + 1);
    CHECK_EQUAL(line.a.bytes, (count + 1) * frame_len);
    CHECK_EQUAL(sequence_unique(&line.a.sequence), count + 1);
    CHECK_EQUAL(line.a.sequence.next, sequence);
    CHECK_EQUAL(line.a.steady, count - 5);
    CHECK_EQUAL(line.a.since_sent.count, count - 5);
    CHECK_EQUAL(line.a.since_sent.min, clock_ticks_to_ns(26000));
    CHECK_EQUAL(line.a.since_sent.max, clock_ticks_to_ns(26000));
    CHECK_EQUAL(line.a.since_intended.max, clock_ticks_to_ns(26000 + 1600));
    CHECK_EQUAL(line.a.corrupted + line.a.foreign + line.a.untimed, 0);
    check_sum();
    fake_close(&line.fake);
}

/* Loss, duplicates and disorder, each told from the others. */
static void test_order(void)
{
    line_open(IO_WHOLE_FRAMES, 80, 8, true);
    send_at(0, 4, true);
    deliver(4, 1000);
    send_at(10, 4, true);
    deliver(4, 1000);
    send_at(6, 2, true);
    deliver(2, 2000);
    deliver(2, 3000);
    send_at(14, 1, true);
    deliver(1, 1000);
    CHECK_EQUAL(line.a.packets, 13);
    CHECK_EQUAL(sequence_unique(&line.a.sequence), 11);
    CHECK_EQUAL(line.a.sequence.reordered, 2);
    CHECK_EQUAL(line.a.sequence.duplicated, 2);
    CHECK_EQUAL(line.a.steady, 11);
    CHECK_EQUAL(line.a.since_sent.count, 11);
    CHECK_EQUAL(line.a.since_sent.max, clock_ticks_to_ns(2000));
    check_sum();
    fake_close(&line.fake);
}

/* Whatever byte of the payload is wrong, it shows. */
static void test_corruption(unsigned capabilities, uint32_t frame_len)
{
    uint64_t random = frame_len, corrupted = 0;
    uint32_t offset = capabilities & IO_WHOLE_FRAMES ? HEADERS_LEN : 0;

    line_open(capabilities, frame_len, 3, true);
    for (uint32_t byte = offset; byte < line.fake.slots[0].len; byte++) {
        send_at((byte - offset) * UINT64_C(3), 3, true);
        line.fake.slots[1].data[byte] ^= (uint8_t)(1 + test_random(&random) % 255);
        CHECK_EQUAL(deliver(3, 1000), 2);
        CHECK_EQUAL(line.a.corrupted, ++corrupted);
    }
    CHECK_EQUAL(line.a.packets, 3 * corrupted);
    CHECK_EQUAL(sequence_unique(&line.a.sequence), 2 * corrupted);
    CHECK_EQUAL(line.a.foreign, 0);
    check_sum();
    fake_close(&line.fake);
}

/* Without a checksum only the magic can tell; the data is nobody's business. */
static void test_untouched(void)
{
    line_open(IO_WHOLE_FRAMES, 100, 3, false);
    send_at(0, 3, true);
    line.fake.slots[0].data[99] ^= 1;
    line.fake.slots[1].data[HEADERS_LEN] ^= 1;
    CHECK_EQUAL(deliver(3, 1000), 2);
    CHECK_EQUAL(line.a.corrupted, 1);
    fake_close(&line.fake);
}

/* A slot of another length than ours, in memory of just that length. */
static unsigned deliver_len(uint32_t len)
{
    struct io_slot slot = {.data = malloc(len + 1), .len = len, .seen_ticks = SENT + 10};
    uint8_t *exact = slot.data + 1; /* odd as well */
    uint32_t ours = line.fake.slots[0].len;

    memset(exact, 0, len);
    memcpy(exact, line.fake.slots[0].data, len < ours ? len : ours);
    slot.data = exact;
    unsigned kept = arrivals_take(&line.a, &slot, 1);
    free(exact - 1);
    return kept;
}

static void test_lengths(unsigned capabilities, bool touch_full)
{
    uint64_t foreign = 0, corrupted = 0;

    line_open(capabilities, 131, 1, touch_full);
    send_at(0, 1, true);
    for (uint32_t len = 0; len < IO_FRAME_MAX; len++) {
        if (len == line.fake.slots[0].len)
            continue;
        CHECK_EQUAL(deliver_len(len), 0);
        if (capabilities & IO_WHOLE_FRAMES && len < HEADERS_LEN)
            foreign++;
        else
            corrupted++;
    }
    CHECK_EQUAL(line.a.foreign, foreign);
    CHECK_EQUAL(line.a.corrupted, corrupted);
    CHECK_EQUAL(deliver_len(line.fake.slots[0].len), 1);
    check_sum();
    fake_close(&line.fake);
}

/* The same behind a packet of ours: the second one would be next, if its bytes were there. */
static void test_length_in_run(unsigned capabilities, bool touch_full)
{
    line_open(capabilities, 131, 2, touch_full);
    send_at(0, 2, true);
    uint32_t ours = line.fake.slots[0].len;
    for (uint32_t len = 0; len <= ours + 1; len++) {
        struct io_slot slots[2] = {line.fake.slots[0], {.data = malloc(len + 1), .len = len}};
        uint8_t *exact = slots[1].data + 1;
        memcpy(exact, line.fake.slots[1].data, len < ours ? len : ours);
        slots[1].data = exact;
        slots[0].seen_ticks = slots[1].seen_ticks = SENT + 10;
        arrivals_init(&line.a, &line.fake.port, PAIR, touch_full);
        CHECK_EQUAL(arrivals_take(&line.a, slots, 2), len == ours ? 2 : 1);
        CHECK_EQUAL(sequence_unique(&line.a.sequence), len == ours ? 2 : 1);
        CHECK_EQUAL(line.a.corrupted + line.a.foreign, len == ours ? 0 : 1);
        free(exact - 1);
    }
    fake_close(&line.fake);
}

/* Changes one byte of a frame, delivers it, and says whether it became foreign (1), corrupted (2) or is sound (0). */
static unsigned judge_changed_byte(uint32_t byte, uint8_t value)
{
    uint64_t foreign = line.a.foreign, corrupted = line.a.corrupted;

    send_at(line.a.sequence.next, 1, true);
    line.fake.slots[0].data[byte] = value;
    unsigned kept = deliver(1, 10);
    CHECK_EQUAL(kept + line.a.foreign - foreign + line.a.corrupted - corrupted, 1);
    return line.a.foreign > foreign ? 1 : line.a.corrupted > corrupted ? 2 : 0;
}

static void test_foreign(bool touch_full)
{
    struct departures other_pair;

    line_open(IO_WHOLE_FRAMES, 64, 1, touch_full);
    CHECK_EQUAL(judge_changed_byte(13, 0x06), 1);              /* ARP */
    CHECK_EQUAL(judge_changed_byte(12, 0x86), 1);              /* some other EtherType */
    CHECK_EQUAL(judge_changed_byte(14, 0x46), 1);              /* IPv4 with options */
    CHECK_EQUAL(judge_changed_byte(20, 0x20), 1);              /* a fragment, more to come */
    CHECK_EQUAL(judge_changed_byte(21, 0x01), 1);              /* a later fragment */
    CHECK_EQUAL(judge_changed_byte(23, 6), 1);                 /* TCP */
    CHECK_EQUAL(judge_changed_byte(37, 0x55), 1);              /* another port */
    CHECK_EQUAL(judge_changed_byte(17, 0x55), 2);              /* IPv4's length */
    CHECK_EQUAL(judge_changed_byte(39, 0x55), 2);              /* UDP's length */
    CHECK_EQUAL(judge_changed_byte(19, 0x55), 0);              /* the identification, as a kernel writes it */
    CHECK_EQUAL(judge_changed_byte(22, 63), 0);                /* a router was on the way */
    CHECK_EQUAL(judge_changed_byte(HEADERS_LEN, 0), 2);        /* the magic */
    CHECK_EQUAL(judge_changed_byte(HEADERS_LEN + 2, PAIR), 0); /* no change at all */

    fake_swap_ends(&line.fake);
    departures_init(&other_pair, &line.fake.port, PAIR + 1, touch_full);
    fake_swap_ends(&line.fake);
    CHECK_EQUAL((uint64_t)departures_send(&other_pair, 1, SENT, SENT, true), 1);
    uint64_t foreign = line.a.foreign;
    CHECK_EQUAL(deliver(1, 10), 0);
    CHECK_EQUAL(line.a.foreign, foreign + 1);
    check_sum();
    fake_close(&line.fake);
}

/* The sound packets of a burst move to its front, in order. */
static void test_compaction(void)
{
    struct io_slot slots[8];

    line_open(IO_WHOLE_FRAMES, 70, 8, true);
    send_at(0, 8, true);
    for (unsigned i = 0; i < 8; i++) {
        slots[i] = line.fake.slots[i];
        slots[i].seen_ticks = SENT;
    }
    slots[0].data[12] ^= 0xff;
    slots[3].data[HEADERS_LEN + 9] ^= 0xff;
    slots[4].data[HEADERS_LEN + 9] ^= 0xff;
    CHECK_EQUAL(arrivals_take(&line.a, slots, 8), 5);
    static const unsigned sound[] = {1, 2, 5, 6, 7};
    for (unsigned i = 0; i < 5; i++)
        CHECK(slots[i].data == line.fake.slots[sound[i]].data);
    CHECK_EQUAL(line.a.foreign, 1);
    CHECK_EQUAL(line.a.corrupted, 2);
    CHECK_EQUAL(sequence_unique(&line.a.sequence), 5);
    fake_close(&line.fake);
}

/* Another machine's clock shows; two CPUs' little differences do not matter. */
static void test_clocks(void)
{
    line_open(IO_WHOLE_FRAMES, 64, 1, true);
    send_at(0, 1, true);
    deliver(1, (uint64_t)-1);
    CHECK_EQUAL(line.a.untimed, 0);
    CHECK_EQUAL(line.a.since_sent.max, 0);
    send_at(1, 1, true);
    deliver(1, (uint64_t)-1000000000);
    CHECK_EQUAL(line.a.untimed, 1);
    send_at(2, 1, true);
    deliver(1, clock_ns_to_ticks(61 * NS_PER_SECOND));
    CHECK_EQUAL(line.a.untimed, 2);
    CHECK_EQUAL(line.a.since_sent.count, 1);
    CHECK_EQUAL(line.a.steady, 3);
    fake_close(&line.fake);
}

int main(void)
{
    static const uint32_t lengths[] = {64, 65, 66, 71, 72, 73, 127, 1499, 1513, 1514};

    clock_calibrate();
    for (uint32_t len = FRAME_LEN_MIN; len <= IO_FRAME_MAX; len++) {
        test_flow(IO_WHOLE_FRAMES, len, true);
        test_flow(0, len, true);
    }
    test_flow(IO_WHOLE_FRAMES, 1000, false);
    test_flow(0, 1000, false);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        test_corruption(IO_WHOLE_FRAMES, lengths[i]);
        test_corruption(0, lengths[i]);
    }
    test_order();
    test_untouched();
    for (int touch_full = 0; touch_full <= 1; touch_full++) {
        test_lengths(IO_WHOLE_FRAMES, touch_full);
        test_lengths(0, touch_full);
        test_length_in_run(IO_WHOLE_FRAMES, touch_full);
        test_length_in_run(0, touch_full);
        test_foreign(touch_full);
    }
    test_compaction();
    test_clocks();
    return test_end("arrivals_test");
}
