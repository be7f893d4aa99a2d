/* SPDX-License-Identifier: Apache-2.0 */
/* Mixes of sizes: each size has its share of a period, packets of each length are whole, and whoever receives knows how
 * long each has to be. */
#include <errno.h>

#include "../frame/form.h"
#include "../load/clock.h"
#include "../load/session.h"
#include "fake_port.h"
#include "test.h"

#define BURST 96
#define MARK packet_mark(3, 7, false)

static struct fake_port fake;
static struct departures d;
static struct arrivals a;
static struct sizes sizes;
static struct flows flows;
static struct form tx_form, rx_form;

static void read_sizes(const char *text)
{
    char why[256];

    CHECK_EQUAL((uint64_t)sizes_init(&sizes, text, 5, why, sizeof(why)), 0);
}

/* Takes note of the lengths, as a framework does. */
static void fake_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct fake_port *f = port->state;

    for (unsigned i = 0; i < n; i++)
        f->slots[i].len = slots[i].len;
}

static void open_line(bool touch_full, unsigned capabilities, bool with_flows)
{
    fake_open(&fake, capabilities, sizes.largest, BURST);
    fake.ops.tx_lengths = fake_tx_lengths;
    struct io_config *c = &fake.port.config;
    struct form_config ends = {
        .from = &c->local,
        .to = &c->peer,
        .sizes = &sizes,
        .frame_len = sizes.largest,
        .flows = with_flows ? &flows : NULL,
        .payload_checked = touch_full,
    };
    CHECK_EQUAL((uint64_t)form_init(&tx_form, &ends), 0);
    CHECK_EQUAL((uint64_t)form_init(&rx_form, &ends), 0);
    c->tx_form = &tx_form;
    c->rx_form = &rx_form;
    departures_init(&d, &fake.port, MARK, touch_full);
    fake_swap_ends(&fake);
    arrivals_init(&a, &fake.port, MARK, touch_full);
    arrivals_begin(&a, clock_ticks(), 0);
}

static void close_line(void)
{
    fake_close(&fake);
    form_fini(&tx_form);
    form_fini(&rx_form);
    sizes_fini(&sizes);
}

static void send_at(uint64_t sequence, unsigned n)
{
    uint64_t now = clock_ticks();

    d.next_sequence = sequence;
    CHECK_EQUAL((uint64_t)departures_send(&d, n, now, now - 100000, true), n);
    for (unsigned i = 0; i < n; i++)
        fake.slots[i].seen_ticks = now;
}

static unsigned deliver(unsigned n)
{
    struct io_slot slots[BURST];

    memcpy(slots, fake.slots, n * sizeof(slots[0]));
    return arrivals_take(&a, slots, n);
}

static void test_order(void)
{
    static const uint16_t written[] = {60, 60, 60, 566, 566, 1514, 100, 101, 102};

    read_sizes("60*3,566*2,1514,100-102");
    CHECK_EQUAL(sizes.period, 9);
    CHECK_EQUAL(sizes.smallest, 60);
    CHECK_EQUAL(sizes.largest, 1514);
    for (uint64_t number = 0; number < 100; number++)
        CHECK_EQUAL(size_of(&sizes, number), written[number % 9]);
    sizes_fini(&sizes);
}

/* Each size is there as often as it is asked for, and its neighbours are not those that were written. */
static void test_shuffled(void)
{
    static uint32_t seen[IO_FRAME_MAX + 1];
    uint32_t in_turn = 0;

    read_sizes("shuffled:60-1514*3,9014*7");
    for (uint64_t number = 5; number < 5 + UINT64_C(2) * sizes.period; number++) {
        seen[size_of(&sizes, number)]++;
        in_turn += size_of(&sizes, number) + 1 == size_of(&sizes, number + 1);
    }
    for (uint32_t len = 0; len <= IO_FRAME_MAX; len++)
        CHECK_EQUAL(seen[len], len == 9014 ? 14 : len >= 60 && len <= 1514 ? 6 : 0);
    CHECK(in_turn < sizes.period / 50);
    sizes_fini(&sizes);
}

/* Sums of bytes and of packets before a number are those of the packets one by one. */
static void test_sums(const char *text, uint32_t class_count)
{
    uint64_t bytes = 0, packets[SIZE_CLASSES_MAX] = {0}, counted[SIZE_CLASSES_MAX];

    read_sizes(text);
    CHECK_EQUAL(sizes.class_count, class_count);
    for (uint64_t number = 0; number < 3 * sizes.period + 7; number++) {
        CHECK_EQUAL(sizes_bytes_before(&sizes, number), bytes);
        if (number % 997 == 0) {
            sizes_count_before(&sizes, number, counted);
            for (uint32_t c = 0; c < class_count; c++)
                CHECK_EQUAL(counted[c], packets[c]);
        }
        uint32_t class = size_class_of(&sizes, number), len = size_of(&sizes, number);
        CHECK(len >= sizes.classes[class].from && len <= sizes.classes[class].to);
        bytes += len;
        packets[class]++;
    }
    sizes_fini(&sizes);
}

static void test_refused(void)
{
    static const char *const wrong[] = {"",      "59",          "60,",   "60-59",       "60*0",        "60*x",
                                        "9015",  "shuffled:",   "60 64", "60-9014*100", "60*65536,61", "-60",
                                        "60**2", "60*99999999", "a",     "60-",         "60,,61",      "1e3"};
    char why[256];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        why[0] = '\0';
        CHECK_EQUAL((uint64_t)-sizes_init(&sizes, wrong[i], 0, why, sizeof(why)), EINVAL);
        CHECK(strstr(why, "give sizes from 60 to 9014") != NULL);
    }
}

/* A packet of a mix is, byte for byte, the one that a sender of nothing but its size sends. */
static void test_packets(const char *text, bool touch_full, unsigned capabilities)
{
    static struct fake_port alone;
    static struct departures plain;

    read_sizes(text);
    open_line(touch_full, capabilities, false);
    send_at(1000, BURST);
    uint64_t sent = load_u64(fake.slots[0].data + a.payload_offset + PAYLOAD_TIMES);
    for (unsigned i = 0; i < BURST; i++) {
        uint32_t len = size_of(&sizes, 1000 + i);
        fake_open(&alone, capabilities, len, 1);
        departures_init(&plain, &alone.port, MARK, touch_full);
        plain.next_sequence = 1000 + i;
        CHECK_EQUAL(fake.slots[i].len, alone.slots[0].len);
        uint64_t ticks = packet_sent_ticks(sent & SENT_MASK, fake.slots[0].seen_ticks, size_of(&sizes, 1000) < 64);
        CHECK_EQUAL((uint64_t)departures_send(&plain, 1, ticks, ticks - 100000, true), 1);
        /* With touch=none the data are whatever the slot held. */
        uint32_t compared = touch_full ? alone.slots[0].len : a.payload_offset + PAYLOAD_LAG;
        CHECK(memcmp(fake.slots[i].data, alone.slots[0].data, compared) == 0);
        fake_close(&alone);
    }
    CHECK_EQUAL(deliver(BURST), BURST);
    uint64_t bytes = sizes_bytes_before(&sizes, 1000 + BURST) - sizes_bytes_before(&sizes, 1000);
    CHECK_EQUAL(a.bytes, bytes);
    CHECK_EQUAL(a.steady, BURST);
    /* All of them left when they left, and are not timed one by one. */
    CHECK_EQUAL(a.since_sent.count, BURST);
    CHECK_EQUAL(a.since_sent.max, 0);
    close_line();
}

/* All but the first of a burst go on as the run does, and so are not looked at one by one. */
static void test_run(const char *text, bool touch_full, unsigned capabilities)
{
    struct io_slot slots[BURST];

    read_sizes(text);
    open_line(touch_full, capabilities, false);
    send_at(0, BURST);
    memcpy(slots, fake.slots, sizeof(slots));
    CHECK_EQUAL(arrivals_take(&a, slots, 1), 1);
    CHECK_EQUAL(a.match(&a, slots + 1, BURST - 1), BURST - 1);
    close_line();
}

/* Cut off, longer than its number has it, with another's length, or with a byte that is wrong, it is damaged. */
static void test_damage(unsigned capabilities)
{
    bool whole = capabilities & IO_WHOLE_FRAMES;

    for (int damage = 0; damage < (whole ? 5 : 4); damage++) {
        read_sizes("1514,60*2,566");
        open_line(true, capabilities, false);
        send_at(0, 8);
        struct io_slot *slot = &fake.slots[4];
        switch (damage) {
        case 0:
            slot->len = fake.slots[3].len;
            break;
        case 1:
            slot->len--;
            break;
        case 2:
            slot->data[slot->len - 1] ^= 1;
            break;
        case 3:
            fake.slots[5].len++;
            break;
        default:
            slot->data[17] ^= 1;
        }
        CHECK_EQUAL(deliver(8), 7);
        CHECK_EQUAL(a.corrupted, 1);
        CHECK_EQUAL(a.unidentified + a.foreign, 0);
        close_line();
    }
}

/* What a sender of this size and flow writes. */
static void expect_headers(uint8_t *expected, uint32_t frame_len, uint64_t number, bool touch_full)
{
    struct io_slot slot = {.data = expected, .len = HEADERS_LEN};
    struct flow_view view;

    headers_build(expected, &fake.port.config.peer, &fake.port.config.local, frame_len, touch_full);
    flow_view_init(&view, &flows, expected, false);
    flow_write(&view, number, 1, &slot);
}

/* What is lost is counted by its size, up to the highest number that came; bytes of the steady state are of what came.
 */
static void test_losses(void)
{
    uint64_t packets[SIZE_CLASSES_MAX], bytes = 0;
    struct io_slot slots[BURST];
    unsigned kept = 0;

    read_sizes("60*7,566*4,1514");
    open_line(true, IO_WHOLE_FRAMES, false);
    arrivals_count_losses(&a, NULL, NULL, NULL);
    send_at(0, BURST);
    /* Two periods of eight without a long frame, and one without its first two; the last two packets are out of order.
     */
    for (unsigned i = 0; i < BURST; i++) {
        if (i != 11 && i != 23 && i != 24 && i != 25) {
            slots[kept++] = fake.slots[i];
            bytes += fake.slots[i].len;
        }
    }
    struct io_slot last = slots[kept - 1];
    slots[kept - 1] = slots[kept - 2];
    slots[kept - 2] = last;
    CHECK_EQUAL(arrivals_take(&a, slots, kept), kept);
    sequence_settle(&a.sequence);
    arrivals_by_size(&a, packets);
    CHECK_EQUAL(packets[0], 7 * 8 - 2);
    CHECK_EQUAL(packets[1], 4 * 8);
    CHECK_EQUAL(packets[2], 8 - 2);
    CHECK_EQUAL(a.steady, kept);
    CHECK_EQUAL(a.steady_bytes, bytes);
    CHECK_EQUAL(a.bytes, bytes);
    close_line();
}

/* Flows and sizes at once. */
static void test_flows(enum flow_field field, bool touch_full)
{
    uint8_t expected[HEADERS_LEN];

    CHECK_EQUAL((uint64_t)flows_init(&flows, 1000, field, FLOW_UNIFORM, 0, 1), 0);
    read_sizes("shuffled:60-1514");
    open_line(touch_full, IO_WHOLE_FRAMES, true);
    send_at(77, BURST);
    for (unsigned i = 0; i < BURST; i++) {
        expect_headers(expected, size_of(&sizes, 77 + i), 77 + i, touch_full);
        CHECK(memcmp(fake.slots[i].data, expected, HEADERS_LEN) == 0);
    }
    CHECK_EQUAL(deliver(BURST), BURST);
    CHECK_EQUAL(a.corrupted + a.foreign, 0);
    send_at(77 + BURST, 3);
    expect_headers(expected, size_of(&sizes, 78 + BURST), 79 + BURST, touch_full);
    memcpy(fake.slots[1].data, expected, HEADERS_LEN);
    CHECK_EQUAL(deliver(3), touch_full ? 2 : 3);
    close_line();
    flows_fini(&flows);
}

int main(void)
{
    static const unsigned capabilities[] = {0, IO_WHOLE_FRAMES, IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT};
    static const char *const mixes[] = {"60*7,566*4,1514", "shuffled:60-1514", "64,60-70,9014,63", "200"};

    clock_calibrate();
    test_order();
    test_shuffled();
    test_sums("60*7,566*4,1514", 3);
    test_sums("shuffled:60-91*2", 32);
    test_sums("shuffled:60-92", 17);
    test_sums("60,9014,61-100", 2);
    test_refused();
    for (unsigned i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
        for (unsigned way = 0; way < 6; way++) {
            test_packets(mixes[i], way & 1, capabilities[way / 2]);
            test_run(mixes[i], way & 1, capabilities[way / 2]);
        }
    }
    test_losses();
    for (unsigned way = 0; way < 3; way++)
        test_damage(capabilities[way]);
    for (int field = 0; field < FLOW_VLAN; field++) {
        test_flows((enum flow_field)field, true);
        test_flows((enum flow_field)field, false);
    }
    return test_end("sizes_test");
}
