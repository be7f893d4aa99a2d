/* SPDX-License-Identifier: Apache-2.0 */
/* Flows: the headers of each are those of a sender with other addresses, receivers know whose packet is missing, and
 * the orders are what they are called. */
#include <math.h>
#include <netinet/in.h>

#include "../frame/headers.h"
#include "../load/clock.h"
#include "../load/session.h"
#include "fake_port.h"
#include "test.h"

#define BURST 96
#define RUN_NUMBERS 400000
#define MARK packet_mark(3, 7, false)

static struct fake_port fake;
static struct departures d;
static struct arrivals a;
static struct flows flows;

static void open_line(uint32_t frame_len, bool touch_full, unsigned capabilities)
{
    fake_open(&fake, capabilities, frame_len, BURST);
    fake.port.config.flows = &flows;
    flows.at_source = true;
    departures_init(&d, &fake.port, MARK, touch_full);
    flows.at_source = false;
    fake_swap_ends(&fake);
    arrivals_init(&a, &fake.port, MARK, touch_full);
    arrivals_begin(&a, clock_ticks(), 0);
}

/* Delivers the first n slots; returns how many are sound. */
static unsigned deliver(unsigned n)
{
    struct io_slot slots[BURST];

    memcpy(slots, fake.slots, n * sizeof(slots[0]));
    return arrivals_take(&a, slots, n);
}

static void send_at(uint64_t sequence, unsigned n)
{
    uint64_t now = clock_ticks();

    d.next_sequence = sequence;
    CHECK_EQUAL((uint64_t)departures_send(&d, n, now, now, true), n);
    for (unsigned i = 0; i < n; i++)
        fake.slots[i].seen_ticks = now;
}

/* Flow k's sender and receiver, who send and receive nothing else. */
static void ends_of(uint32_t k, struct io_address *from, struct io_address *to)
{
    /* The ends were swapped: the peer sends. */
    *from = fake.port.config.peer;
    *to = fake.port.config.local;
    switch (flows.field) {
    case FLOW_UDP_PORT:
        from->udp_port = (uint16_t)(from->udp_port + k);
        break;
    case FLOW_IP:
        from->ip.s_addr = htonl(ntohl(from->ip.s_addr) + k);
        to->ip.s_addr = htonl(ntohl(to->ip.s_addr) - k);
        break;
    case FLOW_BOTH_MACS:
        fake_count_up(from->mac, k);
        fake_count_up(to->mac, k);
        break;
    default:
        k += (uint32_t)from->mac[1] << 16 | (uint32_t)from->mac[2] << 8 | from->mac[3];
        from->mac[1] = (uint8_t)(k >> 16);
        from->mac[2] = (uint8_t)(k >> 8);
        from->mac[3] = (uint8_t)k;
    }
}

static void test_headers(enum flow_field field, enum flow_order order, uint32_t count, bool touch_full, bool kept)
{
    uint8_t expected[HEADERS_LEN], answer[HEADERS_LEN], back[HEADERS_LEN];
    struct flow_view answers;
    uint64_t word;

    CHECK_EQUAL((uint64_t)flows_init(&flows, count, field, order, 1.1, 3), 0);
    open_line(field == FLOW_MAC ? 60 : 256, touch_full, IO_WHOLE_FRAMES | (kept ? IO_SLOTS_KEEP_CONTENT : 0));
    headers_build(back, &fake.port.config.local, &fake.port.config.peer, fake.port.config.frame_len, touch_full);
    flow_view_init(&answers, &flows, back, true);
    for (uint64_t sequence = 0; sequence < 3 * BURST; sequence += BURST) {
        send_at(sequence, BURST);
        for (unsigned i = 0; i < BURST; i++) {
            struct io_address from, to;
            uint32_t flow = flow_of(&flows, sequence + i);
            CHECK(flow < count);
            ends_of(flow, &from, &to);
            headers_build(expected, &from, &to, fake.port.config.frame_len, touch_full);
            CHECK(memcmp(fake.slots[i].data, expected, HEADERS_LEN) == 0);
            /* A server swaps what it got; a client knows that by itself. */
            headers_answer(answer, expected);
            flow_words(&answers, sequence + i, 1, &word);
            store_u64(back + answers.offset, word);
            CHECK(memcmp(answer, back, HEADERS_LEN) == 0);
        }
        CHECK_EQUAL(deliver(BURST), BURST);
    }
    CHECK_EQUAL(arrivals_unique(&a), 3 * BURST);
    CHECK_EQUAL(a.corrupted + a.foreign, 0);
    fake_close(&fake);
    flows_fini(&flows);
}

/* The headers of another flow are as wrong as any other. */
static void test_other_flow(enum flow_field field)
{
    CHECK_EQUAL((uint64_t)flows_init(&flows, 1000, field, FLOW_ROUND_ROBIN, 0, 0), 0);
    open_line(64, true, IO_WHOLE_FRAMES);
    send_at(0, 3);
    memcpy(fake.slots[1].data, fake.slots[2].data, HEADERS_LEN);
    CHECK_EQUAL(deliver(3), 2);
    CHECK_EQUAL(a.corrupted, 1);
    fake_close(&fake);
    flows_fini(&flows);
}

/* A server's answers to the packets that were sent, with this port of ours in number `which`. */
static void answer(unsigned n, unsigned which, uint16_t port)
{
    uint8_t headers[HEADERS_LEN];

    for (unsigned i = 0; i < n; i++) {
        headers_answer(headers, fake.slots[i].data);
        memcpy(fake.slots[i].data, headers, sizeof(headers));
    }
    if (port != 0)
        store_u16(fake.slots[which].data + 36, htons(port));
}

/* A client that sends flows, and then gets what comes back. */
static void open_client(enum flow_field field, uint32_t frame_len, bool touch_full)
{
    CHECK_EQUAL((uint64_t)flows_init(&flows, 300, field, FLOW_UNIFORM, 0, 3), 0);
    open_line(frame_len, touch_full, IO_WHOLE_FRAMES);
    flows.at_source = true;
    fake_swap_ends(&fake);
    arrivals_init(&a, &fake.port, MARK, touch_full);
    arrivals_begin(&a, clock_ticks(), 0);
}

/* A client knows the answers to all of its flows, at whichever of their ports they come. */
static void test_answers(enum flow_field field, uint32_t frame_len, bool touch_full)
{
    open_client(field, frame_len, touch_full);
    for (uint64_t sequence = 0; sequence < 3 * BURST; sequence += BURST) {
        send_at(sequence, BURST);
        answer(BURST, 0, 0);
        CHECK_EQUAL(deliver(BURST), BURST);
    }
    CHECK_EQUAL(arrivals_unique(&a), 3 * BURST);
    CHECK_EQUAL(a.corrupted + a.foreign, 0);
    fake_close(&fake);
    flows_fini(&flows);
}

/* An answer that comes to a port of no flow, and whether it is known by its header's check or has none that is right.
 */
static void test_port(uint16_t port, bool touch_full, bool identified, unsigned corrupted, unsigned foreign)
{
    open_client(FLOW_UDP_PORT, 64, touch_full);
    send_at(0, 3);
    answer(3, 1, port);
    fake.slots[1].data[HEADERS_LEN + PAYLOAD_CHECK] ^= !identified;
    CHECK_EQUAL(deliver(3), corrupted + foreign > 0 ? 2 : 3);
    CHECK_EQUAL(a.corrupted, corrupted);
    CHECK_EQUAL(a.foreign, foreign);
    fake_close(&fake);
    flows_fini(&flows);
}

static void test_ports(void)
{
    for (unsigned full = 0; full < 2; full++) {
        /* Those before, of, and behind its 300 flows. With touch=none it is not looked at which flow's it is. */
        test_port(5000, full, true, 1, 0);
        test_port(5001, full, true, full, 0);
        test_port(5300, full, true, full, 0);
        test_port(5301, full, true, 1, 0);
        test_port(5000, full, false, 0, 1);
        test_port(5001, full, false, 1, 0);
        test_port(5300, full, false, 1, 0);
        test_port(5301, full, false, 0, 1);
    }
}

static uint32_t most_of(enum flow_field field)
{
    if (field == FLOW_BOTH_MACS)
        return 9000;
    return field == FLOW_UDP_PORT ? 4000 : FLOWS_MAX;
}

/* Pearson's statistic against equal shares: below mean + 5 standard deviations of the chi-squared distribution. */
static void test_uniform(uint32_t count, uint64_t first)
{
    static uint32_t seen[1024];
    const uint32_t packets = 1000 * count;
    double statistic = 0;

    CHECK_EQUAL((uint64_t)flows_init(&flows, count, FLOW_IP, FLOW_UNIFORM, 0, 1), 0);
    memset(seen, 0, sizeof(seen));
    for (uint64_t i = 0; i < packets; i++)
        seen[flow_of(&flows, first + i)]++;
    for (uint32_t k = 0; k < count; k++)
        statistic += (seen[k] - 1000.0) * (seen[k] - 1000.0) / 1000.0;
    CHECK(fabs(statistic - (count - 1)) < 5 * sqrt(2.0 * count));
}

static void test_zipf(double exponent)
{
    const uint32_t count = 1000;
    uint32_t seen[1000] = {0};
    double sum = 0;

    CHECK_EQUAL((uint64_t)flows_init(&flows, count, FLOW_IP, FLOW_ZIPF, exponent, 2), 0);
    for (uint64_t i = 0; i < FLOW_DRAWS; i++)
        seen[flow_of(&flows, i)]++;
    for (uint32_t k = 0; k < count; k++)
        sum += pow(k + 1, -exponent);
    for (uint32_t k = 0; k < count; k++) {
        double expected = FLOW_DRAWS * pow(k + 1, -exponent) / sum;
        CHECK(fabs(seen[k] - expected) < 6 * sqrt(expected) + 6);
    }
    flows_fini(&flows);
}

static void test_possible(void)
{
    static const struct io_encapsulation plain, six = {.ip6 = true}, tagged = {.vlan_first = 4000, .vlan_last = 4000};
    struct io_address from = {.mac = {2, 0, 0, 9, 0, 1}, .ip.s_addr = htonl(0xc6120001), .udp_port = 5001};
    struct io_address to = {.mac = {2, 0, 0, 0, 0, 2}, .ip.s_addr = htonl(0xc6120002), .udp_port = 5001};

    CHECK_EQUAL(flows_possible(FLOW_UDP_PORT, &plain, &from, &to), 65536 - 5001);
    CHECK_EQUAL(flows_possible(FLOW_IP, &plain, &from, &to), FLOWS_NEW_IP);
    CHECK_EQUAL(flows_possible(FLOW_MAC, &plain, &from, &to), FLOWS_NEW_MAC - 9);
    CHECK_EQUAL(flows_possible(FLOW_VLAN, &tagged, &from, &to), 95);
    CHECK_EQUAL(flows_possible(FLOW_BOTH_MACS, &plain, &from, &to), MACS_MAX - 9);
    CHECK_EQUAL(flows_possible(FLOW_BOTH_MACS, &plain, &to, &from), MACS_MAX - 9);
    from.ip6 = (struct in6_addr){.s6_addr = {0x20, 1, [8] = 0x40, [15] = 1}};
    CHECK_EQUAL(flows_possible(FLOW_IP, &six, &from, &to), FLOWS_NEW_IP);
    /* One half has to count up without a carry, and the other down without a borrow. */
    from.ip6 = (struct in6_addr){.s6_addr = {0x20, 1, [11] = 5, [15] = 1}};
    CHECK_EQUAL(flows_possible(FLOW_IP, &six, &from, &to), 6);
    from.ip6 = (struct in6_addr){.s6_addr = {0x20, 1, [8] = 1, [12] = 0xff, 0xff, 0xff, 0xf0}};
    CHECK_EQUAL(flows_possible(FLOW_IP, &six, &from, &to), 16);
    to.ip.s_addr = htonl(0x01000005);
    CHECK_EQUAL(flows_possible(FLOW_IP, &plain, &from, &to), 6);
}

/* What a receiver that remembers everything says of each flow. */
struct memory {
    bool arrived[RUN_NUMBERS];
    uint64_t latest[64]; /* of each flow, one above its highest number that has arrived */
    uint32_t lost[64], reordered[64];
};

static void remember(struct memory *m, uint64_t number, uint64_t next)
{
    uint32_t flow = flow_of(&flows, number);

    if (m->arrived[number] || next > number + SEQUENCE_WINDOW)
        return;
    m->arrived[number] = true;
    m->reordered[flow] += number < m->latest[flow];
    if (number >= m->latest[flow])
        m->latest[flow] = number + 1;
}

/* Packets of which some are lost, alone or many at once, some come twice, and some come later. */
static void test_losses(enum flow_order order, uint32_t count, uint64_t seed)
{
    static struct memory m;
    struct flow_losses losses;
    struct sequence_tracker t;
    uint64_t random = seed;

    memset(&m, 0, sizeof(m));
    CHECK_EQUAL((uint64_t)flows_init(&flows, count, FLOW_IP, order, 1.2, 0), 0);
    CHECK_EQUAL((uint64_t)flow_losses_init(&losses, &flows), 0);
    sequence_reset(&t);
    t.lost = flow_losses_count;
    t.lost_context = &losses;
    for (uint64_t number = 0; number < RUN_NUMBERS - 1; number++) {
        uint64_t what = test_random(&random) % 2000, which = number;
        if (what < 100)
            continue;
        if (what == 100)
            number += test_random(&random) % 100000;
        if (what < 300)
            which = number - test_random(&random) % (number < 200 ? number + 1 : what < 110 ? number : 200);
        if (which >= RUN_NUMBERS)
            break;
        remember(&m, which, t.next);
        if (sequence_arrived(&t, which) == SEQUENCE_REORDERED)
            flow_losses_reordered(&losses, &t, which);
    }
    sequence_settle(&t);
    for (uint64_t number = 0; number < t.next; number++)
        m.lost[flow_of(&flows, number)] += !m.arrived[number];
    uint64_t lost = 0, with_loss = 0, with_reordering = 0, most = 0;
    for (uint32_t k = 0; k < count; k++) {
        CHECK_EQUAL(losses.lost[k], m.lost[k]);
        CHECK_EQUAL(losses.reordered[k], m.reordered[k]);
        lost += m.lost[k];
        with_loss += m.lost[k] > 0;
        with_reordering += m.reordered[k] > 0;
        most = m.lost[k] > most ? m.lost[k] : most;
    }
    CHECK(lost > 0 && with_reordering > 0);
    CHECK_EQUAL(lost, t.next - sequence_distinct(&t));
    struct flow_summary sum = flow_losses_sum(&losses);
    CHECK_EQUAL(sum.with_loss, with_loss);
    CHECK_EQUAL(sum.with_reordering, with_reordering);
    CHECK_EQUAL(sum.most_lost_packets, most);
    flow_losses_fini(&losses);
    flows_fini(&flows);
}

int main(void)
{
    static const enum flow_order orders[] = {FLOW_ROUND_ROBIN, FLOW_UNIFORM, FLOW_ZIPF};

    clock_calibrate();
    /* VLANs have tags, and so loops of their own: encapsulation_test. */
    for (int field = 0; field <= FLOW_BOTH_MACS; field += field == FLOW_MAC ? 2 : 1) {
        for (int order = 0; order < 3; order++) {
            for (int way = 0; way < 4; way++) {
                test_headers((enum flow_field)field, orders[order], 2, way & 1, way & 2);
                test_headers((enum flow_field)field, orders[order], 5, way & 1, way & 2);
                test_headers((enum flow_field)field, orders[order], most_of((enum flow_field)field), way & 1, way & 2);
            }
        }
        test_other_flow((enum flow_field)field);
        for (int way = 0; way < 4; way++)
            test_answers((enum flow_field)field, way & 2 ? 60 : 256, way & 1);
    }
    test_ports();
    test_uniform(2, 0);
    test_uniform(10, UINT64_C(1) << 33);
    test_uniform(1000, 0);
    test_uniform(1024, UINT64_C(1) << 32);
    test_zipf(0.5);
    test_zipf(1.1);
    test_possible();
    for (uint64_t seed = 1; seed <= 6; seed++) {
        test_losses(FLOW_ROUND_ROBIN, 7, seed);
        test_losses(FLOW_UNIFORM, 64, seed);
        test_losses(FLOW_ZIPF, 50, seed);
    }
    return test_end("flows_test");
}
