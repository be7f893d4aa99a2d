/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a super-packet: how many datagrams it is, where each begins, and which of them are sound. */
#include "../io/super_packet.h"
#include "../load/arrivals.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define SLOTS 16
#define SEEN 77

static struct io_slot slots[SLOTS];
static uint8_t bytes[256];

/* Lends all there is, `step` at a time; returns the datagrams. */
static unsigned lend_all(struct super_packet super, unsigned step)
{
    unsigned lent = 0, more;

    while (super.datagrams > 0) {
        more = super_packet_lend(&super, slots + lent, step, SEEN);
        if (!CHECK(more > 0 && more <= step))
            break;
        lent += more;
    }
    CHECK_EQUAL(super_packet_lend(&super, slots + lent, step, SEEN), 0);
    return lent;
}

static void check_slot(unsigned i, size_t offset, uint32_t len)
{
    CHECK(slots[i].data == bytes + offset);
    CHECK_EQUAL(slots[i].len, len);
    CHECK_EQUAL(slots[i].seen_ticks, SEEN);
}

static void test_whole(void)
{
    for (unsigned step = 1; step <= 5; step++) {
        CHECK_EQUAL(lend_all(super_packet_of(bytes, 88, sizeof(bytes), 22), step), 4);
        for (unsigned i = 0; i < 4; i++)
            check_slot(i, i * 22, 22);
    }
}

/* The last one is what is left, be it a byte. */
static void test_shorter_last(void)
{
    CHECK_EQUAL(lend_all(super_packet_of(bytes, 67, sizeof(bytes), 22), SLOTS), 4);
    check_slot(2, 44, 22);
    check_slot(3, 66, 1);
}

/* Without a word from the kernel it is one datagram, whatever its length; so it is if it is not longer than a segment.
 */
static void test_single(void)
{
    static const uint32_t lens[] = {0, 1, 22, 88};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        CHECK_EQUAL(lend_all(super_packet_of(bytes, lens[i], sizeof(bytes), 0), SLOTS), 1);
        check_slot(0, 0, lens[i]);
        CHECK_EQUAL(lend_all(super_packet_of(bytes, lens[i], sizeof(bytes), 88), SLOTS), 1);
        check_slot(0, 0, lens[i]);
    }
}

/* Datagrams that did not fit into the buffer are counted and have no length. */
static void test_truncated(void)
{
    CHECK_EQUAL(lend_all(super_packet_of(bytes, 110, 50, 22), SLOTS), 5);
    check_slot(0, 0, 22);
    check_slot(1, 22, 22);
    check_slot(2, 44, 0);
    check_slot(3, 50, 0);
    check_slot(4, 50, 0);
    /* Between two datagrams. */
    CHECK_EQUAL(lend_all(super_packet_of(bytes, 110, 44, 22), 2), 5);
    check_slot(1, 22, 22);
    check_slot(2, 44, 0);
    /* A single one. */
    CHECK_EQUAL(lend_all(super_packet_of(bytes, 300, 256, 0), SLOTS), 1);
    check_slot(0, 0, 0);
}

/* Five packets of 22 bytes as they are sent, one behind the other, received in various ways. */
static void test_judged(bool touch_full, uint32_t len, uint32_t room, uint32_t segment, unsigned sound,
                        unsigned corrupted)
{
    static struct fake_port fake;
    static struct departures departures;
    static struct arrivals arrivals;
    uint8_t *received = malloc(room);

    fake_open(&fake, 0, FRAME_LEN_FULL, 5);
    departures_init(&departures, &fake.port, packet_mark(0, 0, false), touch_full);
    uint64_t now = clock_ticks();
    CHECK_EQUAL((uint64_t)departures_send(&departures, 5, now, now, true), 5);
    for (uint32_t at = 0; at < len && at < room; at++)
        received[at] = at < 110 ? fake.slots[at / 22].data[at % 22] : 0;

    fake_swap_ends(&fake);
    arrivals_init(&arrivals, &fake.port, packet_mark(0, 0, false), touch_full);
    unsigned lent = lend_all(super_packet_of(received, len, room, segment), SLOTS);
    CHECK_EQUAL(arrivals_take(&arrivals, slots, lent), sound);
    CHECK_EQUAL(arrivals.packets, sound + corrupted);
    CHECK_EQUAL(arrivals.corrupted, corrupted);
    CHECK_EQUAL(arrivals_unique(&arrivals), sound);
    fake_close(&fake);
    free(received);
}

int main(void)
{
    clock_calibrate();
    test_whole();
    test_shorter_last();
    test_single();
    test_truncated();
    for (int touch_full = 0; touch_full <= 1; touch_full++) {
        test_judged(touch_full, 110, 110, 22, 5, 0);
        test_judged(touch_full, 22, 22, 0, 1, 0);
        /* Another size than ours: no datagram is sound, and each is counted. */
        test_judged(touch_full, 110, 110, 30, 0, 4);
        test_judged(touch_full, 110, 110, 11, 0, 10);
        test_judged(touch_full, 110, 110, 0, 0, 1);
        /* Ours, but the last has lost bytes. */
        test_judged(touch_full, 109, 109, 22, 4, 1);
        /* A buffer too small, in and between datagrams. */
        test_judged(touch_full, 110, 60, 22, 2, 3);
        test_judged(touch_full, 110, 66, 22, 3, 2);
    }
    return test_end("super_packet_test");
}
