/* SPDX-License-Identifier: Apache-2.0 */
/* What a receiver makes of packets, good and bad ones. */
#include "line.h"

/* All sizes, delivered in bursts that cut across those that were sent, over the wrap of the number. */
static void test_flow(unsigned capabilities, uint32_t frame_len, bool touch_full)
{
    uint64_t sequence = UINT64_C(0xfffffff5), count = 0;

    line_open(capabilities, frame_len, 5, touch_full);
    expect_next(UINT64_C(0xffffffee));
    send_at(UINT64_C(0xffffffee), 1, false);
    CHECK_EQUAL(deliver(1, 100), 1);
    for (int i = 0; i < 5; i++, sequence += 5) {
        send_at(sequence, 5, i > 0);
        CHECK_EQUAL(deliver(5, 26000), 5);
        count += 5;
    }
    CHECK_EQUAL(line.a.packets, count + 1);
    CHECK_EQUAL(line.a.bytes, (count + 1) * frame_len);
    CHECK_EQUAL(arrivals_unique(&line.a), count + 1);
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
    CHECK_EQUAL(arrivals_unique(&line.a), 11);
    CHECK_EQUAL(line.a.sequence.reordered, 2);
    CHECK_EQUAL(line.a.sequence.duplicated, 2);
    CHECK_EQUAL(line.a.steady, 11);
    CHECK_EQUAL(line.a.since_sent.count, 11);
    CHECK_EQUAL(line.a.since_sent.max, clock_ticks_to_ns(2000));
    check_sum();
    fake_close(&line.fake);
}

/* Whether damage here leaves nobody knowing which packet it was. */
static bool hides_number(uint32_t byte, uint32_t offset)
{
    return byte >= offset && (byte < offset + PAYLOAD_TIMES || (byte & ~1u) == offset + PAYLOAD_CHECK);
}

/* Whatever byte of the frame is wrong, or aligned word of two, it shows, and is counted under its number where that is
 * known: what came damaged is not lost, and its copy is a copy. */
static void test_corruption(unsigned capabilities, uint32_t frame_len, uint32_t step)
{
    uint64_t random = frame_len, corrupted = 0, unidentified = 0, copies = 0;
    uint32_t offset = capabilities & IO_WHOLE_FRAMES ? HEADERS_LEN : 0;

    line_open(capabilities, frame_len, 3, true);
    for (uint32_t byte = 0; byte + step <= line.fake.slots[0].len; byte += step) {
        send_at(line.a.sequence.next, 3, true);
        for (uint32_t b = byte; b < byte + step; b++)
            line.fake.slots[1].data[b] ^= (uint8_t)(1 + test_random(&random) % 255);
        CHECK_EQUAL(deliver(3, 1000), 2);
        CHECK_EQUAL(line.a.corrupted, ++corrupted);
        unidentified += hides_number(byte, offset);
        if (!CHECK_EQUAL(line.a.unidentified, unidentified))
            fprintf(stderr, "  byte %u of %u\n", byte, frame_len);
        if (hides_number(byte, offset))
            continue;
        struct io_slot copy = line.fake.slots[1];
        CHECK_EQUAL(arrivals_take(&line.a, &copy, 1), 0);
        CHECK_EQUAL(line.a.sequence.duplicated, ++copies);
    }
    CHECK_EQUAL(line.a.packets, 3 * corrupted + copies);
    CHECK_EQUAL(arrivals_unique(&line.a), 2 * corrupted);
    CHECK_EQUAL(line.a.steady, 2 * corrupted);
    CHECK_EQUAL(line.a.since_sent.count, 2 * corrupted);
    CHECK_EQUAL(line.a.steady_corrupted, corrupted);
    CHECK_EQUAL(line.a.sequence.next, 3 * corrupted);
    CHECK_EQUAL(line.a.foreign, 0);
    check_sum();
    fake_close(&line.fake);
}

/* The word of the checksum differs in each of these pairs, and neither 0 nor 0xffff hides the other. */
static void test_checksum_word(uint32_t frame_len, uint32_t at)
{
    line_open(0, frame_len, 1, true);
    for (uint32_t number = 0; number < 70000; number++) {
        send_at(line.a.sequence.next, 1, true);
        uint16_t checksum = load_u16(line.fake.slots[0].data + at);
        CHECK_EQUAL(deliver(1, 10), 1);
        CHECK(checksum != UINT16_MAX);
    }
    fake_close(&line.fake);
}

/* Without a checksum the header's check can tell; the data is nobody's business, nor is where the frame comes from. */
static void test_untouched(uint32_t frame_len)
{
    line_open(IO_WHOLE_FRAMES, frame_len, 4, false);
    send_at(0, 4, true);
    line.fake.slots[0].data[frame_len - 1] ^= 1;
    line.fake.slots[1].data[HEADERS_LEN] ^= 1;
    line.fake.slots[2].data[7] ^= 1;
    line.fake.slots[3].data[HEADERS_LEN + PAYLOAD_SEQUENCE + 1] ^= 1;
    CHECK_EQUAL(deliver(4, 1000), 2);
    CHECK_EQUAL(line.a.corrupted, 2);
    CHECK_EQUAL(line.a.unidentified, 2);
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

/* Where the header is there in full, it is known which packet was cut or stretched, and the next one is its copy. */
static void test_lengths(unsigned capabilities, uint32_t frame_len, bool touch_full)
{
    uint32_t offset = capabilities & IO_WHOLE_FRAMES ? HEADERS_LEN : 0;
    uint64_t foreign = 0, unidentified = 0, known = 0;

    line_open(capabilities, frame_len, 1, touch_full);
    send_at(0, 1, true);
    for (uint32_t len = 0; len < IO_FRAME_USUAL; len++) {
        if (len == line.fake.slots[0].len)
            continue;
        CHECK_EQUAL(deliver_len(len), 0);
        if (len < offset)
            foreign++;
        else if (len < offset + PAYLOAD_IDENTITY_END)
            unidentified++;
        else
            known++;
    }
    CHECK_EQUAL(line.a.foreign, foreign);
    CHECK_EQUAL(line.a.unidentified, unidentified);
    CHECK_EQUAL(line.a.corrupted, unidentified + 1);
    CHECK_EQUAL(line.a.sequence.duplicated, known - 1);
    CHECK_EQUAL(deliver_len(line.fake.slots[0].len), 1);
    CHECK_EQUAL(line.a.sequence.duplicated, known);
    check_sum();
    fake_close(&line.fake);
}

/* The same behind a packet of ours: the second one would be next, if its bytes were there. */
static void test_length_in_run(unsigned capabilities, uint32_t frame_len, bool touch_full)
{
    line_open(capabilities, frame_len, 2, touch_full);
    send_at(0, 2, true);
    uint32_t ours = line.fake.slots[0].len;
    for (uint32_t len = 0; len <= ours + 1; len++) {
        struct io_slot slots[2] = {line.fake.slots[0], {.data = malloc(len + 1), .len = len}};
        uint8_t *exact = slots[1].data + 1;
        memcpy(exact, line.fake.slots[1].data, len < ours ? len : ours);
        slots[1].data = exact;
        slots[0].seen_ticks = slots[1].seen_ticks = SENT + 10;
        arrivals_init(&line.a, &line.fake.port, packet_mark(PAIR, RUN, false), touch_full);
        CHECK_EQUAL(arrivals_take(&line.a, slots, 2), len == ours ? 2 : 1);
        CHECK_EQUAL(arrivals_unique(&line.a), len == ours ? 2 : 1);
        CHECK_EQUAL(line.a.corrupted + line.a.foreign, len == ours ? 0 : 1);
        free(exact - 1);
    }
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
    slots[0].data[HEADERS_LEN + 2] ^= 0xff;
    memset(slots[0].data, 0, HEADERS_LEN);
    slots[3].data[HEADERS_LEN + 9] ^= 0xff;
    slots[4].data[HEADERS_LEN + 9] ^= 0xff;
    CHECK_EQUAL(arrivals_take(&line.a, slots, 8), 5);
    static const unsigned sound[] = {1, 2, 5, 6, 7};
    for (unsigned i = 0; i < 5; i++)
        CHECK(slots[i].data == line.fake.slots[sound[i]].data);
    CHECK_EQUAL(line.a.foreign, 1);
    CHECK_EQUAL(line.a.corrupted, 2);
    CHECK_EQUAL(arrivals_unique(&line.a), 5);
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

/* A packet has room for a part of the send time: where that wraps between sending and receiving, the delay is right. */
static void test_sent_wraps(uint32_t frame_len, unsigned sent_bits)
{
    struct io_slot slots[4];
    uint64_t wrap = UINT64_C(5) << sent_bits, sent = wrap - 100;

    line_open(IO_WHOLE_FRAMES, frame_len, 4, true);
    arrivals_begin(&line.a, sent - 1000, 0);
    CHECK_EQUAL((uint64_t)departures_send(&line.d, 4, sent, sent - 320, true), 4);
    for (unsigned i = 0; i < 4; i++) {
        slots[i] = line.fake.slots[i];
        slots[i].seen_ticks = sent + 26000 * (i + 1) / 4;
    }
    CHECK_EQUAL(arrivals_take(&line.a, slots, 4), 4);
    CHECK_EQUAL(line.a.untimed, 0);
    CHECK_EQUAL(line.a.since_sent.min, clock_ticks_to_ns(6500));
    CHECK_EQUAL(line.a.since_sent.max, clock_ticks_to_ns(26000));
    CHECK_EQUAL(line.a.since_intended.max, clock_ticks_to_ns(26320));
    fake_close(&line.fake);
}

/* A lag that has no place in a compact header as it is: the delay from the intended time is as exact as its histogram.
 */
static void test_compact_lag(void)
{
    const uint64_t sent = UINT64_C(1) << 41, lag = 12345678;

    line_open(IO_WHOLE_FRAMES, 60, 2, true);
    arrivals_begin(&line.a, sent, 0);
    CHECK_EQUAL((uint64_t)departures_send(&line.d, 2, sent, sent - lag, true), 2);
    for (unsigned i = 0; i < 2; i++)
        line.fake.slots[i].seen_ticks = sent + 7;
    CHECK_EQUAL(arrivals_take(&line.a, line.fake.slots, 2), 2);
    CHECK_EQUAL(line.a.since_sent.max, clock_ticks_to_ns(7));
    CHECK(line.a.since_intended.max > clock_ticks_to_ns(lag - lag / 256));
    CHECK(line.a.since_intended.max < clock_ticks_to_ns(lag + lag / 256));
    CHECK_EQUAL(line.a.since_intended.count, 2);
    fake_close(&line.fake);
}

int main(void)
{
    static const uint32_t lengths[] = {60, 61, 62, 63, 64, 65, 66, 71, 72, 73, 127, 1499, 1513, 1514, 9014};

    clock_calibrate();
    for (uint32_t len = FRAME_LEN_MIN; len <= IO_FRAME_MAX; len = next_frame_len(len)) {
        test_flow(IO_WHOLE_FRAMES, len, true);
        test_flow(0, len, true);
    }
    test_flow(IO_WHOLE_FRAMES, 1000, false);
    test_flow(0, 1000, false);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (uint32_t step = 1; step <= 2; step++) {
            test_corruption(IO_WHOLE_FRAMES, lengths[i], step);
            test_corruption(0, lengths[i], step);
        }
    }
    test_order();
    test_untouched(100);
    test_untouched(60);
    for (int touch_full = 0; touch_full <= 1; touch_full++) {
        for (uint32_t len = 60; len <= 131; len += 71) {
            test_lengths(IO_WHOLE_FRAMES, len, touch_full);
            test_lengths(0, len, touch_full);
            test_length_in_run(IO_WHOLE_FRAMES, len, touch_full);
            test_length_in_run(0, len, touch_full);
        }
    }
    test_compaction();
    test_checksum_word(64, PAYLOAD_CHECKSUM);
    test_checksum_word(60, COMPACT_CHECKSUM);
    test_compact_lag();
    test_clocks();
    test_sent_wraps(64, SENT_BITS);
    test_sent_wraps(60, COMPACT_SENT_BITS);
    return test_end("arrivals_test");
}
