/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a packet is, and whether it can be the one that it says it is. */
#include "line.h"

static enum judgement judge_changed_byte(uint32_t byte, uint8_t value)
{
    send_at(line.a.sequence.next, 1, true);
    line.fake.slots[0].data[byte] = value;
    return judge(10);
}

/* Whose a frame is, its payload says, and what its payload does not say, its UDP port. */
static void test_whose(bool touch_full)
{
    enum judgement header = touch_full ? DAMAGED : SOUND;

    line_open(IO_WHOLE_FRAMES, 64, 1, touch_full);
    CHECK(judge_changed_byte(0, 0x06) == header);   /* to another MAC address */
    CHECK(judge_changed_byte(11, 0x56) == header);  /* from another one */
    CHECK(judge_changed_byte(15, 0x20) == header);  /* TOS */
    CHECK(judge_changed_byte(19, 0x55) == header);  /* the identification */
    CHECK(judge_changed_byte(22, 63) == header);    /* a router was on the way */
    CHECK(judge_changed_byte(25, 0x55) == header);  /* IPv4's checksum */
    CHECK(judge_changed_byte(29, 0x55) == header);  /* from another IP address */
    CHECK(judge_changed_byte(33, 0x55) == header);  /* to another one */
    CHECK(judge_changed_byte(35, 0x55) == header);  /* from another port */
    CHECK(judge_changed_byte(41, 0x55) == header);  /* UDP's checksum */
    CHECK(judge_changed_byte(13, 0x06) == DAMAGED); /* ARP */
    CHECK(judge_changed_byte(14, 0x46) == DAMAGED); /* IPv4 with options */
    CHECK(judge_changed_byte(20, 0x20) == DAMAGED); /* a fragment */
    CHECK(judge_changed_byte(23, 6) == DAMAGED);    /* TCP */
    CHECK(judge_changed_byte(37, 0x55) == DAMAGED); /* another port */
    CHECK(judge_changed_byte(17, 0x55) == DAMAGED); /* IPv4's length */
    CHECK(judge_changed_byte(39, 0x55) == DAMAGED); /* UDP's length */
    CHECK(judge_changed_byte(HEADERS_LEN, 0) == UNIDENTIFIED);
    CHECK(judge_changed_byte(HEADERS_LEN + 2, PAIR) == SOUND); /* no change at all */

    /* Somebody else's, the payload of which says nothing to us. */
    memset(line.fake.slots[0].data + HEADERS_LEN, 0, 22);
    CHECK(judge(10) == UNIDENTIFIED);
    line.fake.slots[0].data[37] ^= 1;
    CHECK(judge(10) == FOREIGN);
    line.fake.slots[0].data[37] ^= 1;
    line.fake.slots[0].data[13] = 0x06;
    CHECK(judge(10) == FOREIGN);
    check_sum();
    fake_close(&line.fake);
}

/* Another pair's or another run's packet changes one count and nothing else, whatever number it has. */
static void test_strangers(unsigned capabilities, unsigned pair, unsigned run)
{
    static struct arrivals before;
    static struct departures stranger;

    line_open(capabilities, 64, 4, true);
    send_at(0, 4, true);
    CHECK_EQUAL(deliver(4, 10), 4);
    fake_swap_ends(&line.fake);
    departures_init(&stranger, &line.fake.port, packet_mark(pair, run, false), true);
    fake_swap_ends(&line.fake);
    before = line.a;
    stranger.next_sequence = 1000000;
    CHECK_EQUAL((uint64_t)departures_send(&stranger, 1, SENT, SENT, true), 1);
    CHECK_EQUAL(deliver(1, 10), 0);
    before.foreign++;
    CHECK(memcmp(&before, &line.a, sizeof(before)) == 0);

    send_at(4, 4, true);
    CHECK_EQUAL(deliver(4, 10), 4);
    CHECK_EQUAL(arrivals_unique(&line.a), 8);
    CHECK_EQUAL(line.a.sequence.late, 0);
    fake_close(&line.fake);
}

static enum judgement judge_number(uint64_t number, uint64_t at_ns)
{
    send_at(number, 1, true);
    return judge(clock_ns_to_ticks(at_ns));
}

/* A sender with a schedule cannot be ahead of it by more than a burst, and clocks by more than a second and a
 * thousandth. However long it stood still, what it catches up with is its own. */
static void test_paced_reach(void)
{
    line_open(0, 64, 4, true);
    arrivals_begin(&line.a, SENT, 1000);
    CHECK(judge_number(1004, 0) == FOREIGN);
    CHECK(judge_number(UINT32_MAX, 0) == FOREIGN);
    CHECK(judge_number(1000, 0) == SOUND);
    CHECK(judge_number(2010, NS_PER_SECOND) == FOREIGN);
    CHECK(judge_number(2000, NS_PER_SECOND) == SOUND);
    CHECK_EQUAL(line.a.sequence.next, 2001);
    /* Nothing for a minute; then what was due comes at once. */
    CHECK(judge_number(2001, 60 * NS_PER_SECOND) == SOUND);
    CHECK(judge_number(60000, 60 * NS_PER_SECOND) == SOUND);
    CHECK(judge_number(2002, 60 * NS_PER_SECOND) == SOUND);
    CHECK(judge_number(70000, 60 * NS_PER_SECOND) == FOREIGN);
    CHECK_EQUAL(line.a.sequence.reordered, 1);
    CHECK_EQUAL(line.a.sequence.late, 0);
    fake_close(&line.fake);
}

/* One whose bursts come in trains is ahead by as much of one as its schedule says. */
static void test_reach_of_trains(void)
{
    line_open(0, 64, 4, true);
    arrivals_begin(&line.a, SENT, 1000);
    arrivals_allow_ahead(&line.a, 500);
    CHECK(judge_number(1500, 0) == FOREIGN);
    CHECK(judge_number(1499, 0) == SOUND);
    fake_close(&line.fake);
}

/* Without a schedule it is what no port can have sent since the highest number came, and never half of all numbers. */
static void test_unpaced_reach(void)
{
    line_open(0, 64, 4, true);
    CHECK(judge_number(1100000000, 0) == FOREIGN);
    CHECK(judge_number(100, 0) == SOUND);
    CHECK(judge_number(100 + UINT64_C(1000000000), NS_PER_MS) == SOUND);
    CHECK(judge_number(UINT64_C(2100000000), 2 * NS_PER_MS) == FOREIGN);
    CHECK(judge_number(UINT64_C(2100000000), 3600 * NS_PER_SECOND) == SOUND);
    CHECK(judge_number(UINT64_C(2100000000) + (UINT64_C(1) << 31), 7200 * NS_PER_SECOND) == SOUND);
    CHECK_EQUAL(line.a.sequence.next, UINT64_C(2100000000) + (UINT64_C(1) << 31) + 1);
    fake_close(&line.fake);

    line_open(0, 64, 4, true);
    CHECK(judge_number(UINT64_C(1) << 31, 7200 * NS_PER_SECOND) == FOREIGN);
    CHECK(judge_number(UINT32_MAX, 7200 * NS_PER_SECOND) == FOREIGN);
    fake_close(&line.fake);
}

/* One whose number is not known is taken to be of the time in which it came. */
static void test_unidentified_steady(void)
{
    line_open(0, 64, 1, true);
    for (int steady = 0; steady <= 1; steady++) {
        send_at(line.a.sequence.next, 1, steady);
        deliver(1, 10);
        send_at(line.a.sequence.next, 1, !steady);
        line.fake.slots[0].data[0] ^= 1;
        CHECK(judge(10) == UNIDENTIFIED);
        CHECK_EQUAL(line.a.steady_corrupted, (unsigned)steady);
    }
    /* One that is known says it itself. */
    send_at(line.a.sequence.next, 1, false);
    line.fake.slots[0].data[21] ^= 1;
    CHECK(judge(10) == DAMAGED);
    CHECK_EQUAL(line.a.steady_corrupted, 1);
    fake_close(&line.fake);
}

int main(void)
{
    clock_calibrate();
    test_whose(false);
    test_whose(true);
    test_strangers(0, PAIR, RUN + 1);
    test_strangers(0, PAIR + 1, RUN);
    test_strangers(IO_WHOLE_FRAMES, PAIR, 0);
    test_strangers(IO_WHOLE_FRAMES, 0, RUN);
    test_paced_reach();
    test_reach_of_trains();
    test_unpaced_reach();
    test_unidentified_steady();
    return test_end("identity_test");
}
