/* SPDX-License-Identifier: Apache-2.0 */
/* Tags and IPv6: frames byte by byte against a second implementation, receivers that know each of them, answers, and
 * announcements in each VLAN. */
#include "../frame/announcement.h"
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
static struct flows flows, vlans;
static struct form tx_form, rx_form;

/* What the packets of a line are like. */
struct line {
    struct io_encapsulation encapsulation;
    uint32_t frame_len, flow_count;
    enum flow_field field;
    bool touch_full;
};

static const struct in6_addr local6 = {.s6_addr = {0x20, 0x01, 0, 2, 0, 0, 0, 7, 0x40, [15] = 1}};
static const struct in6_addr peer6 = {.s6_addr = {0x20, 0x01, 0, 2, 0, 0, 0, 7, 0x40, [15] = 2}};

static void make_form(struct form *form, const struct line *line)
{
    struct form_config asked = {
        .from = &fake.port.config.local,
        .to = &fake.port.config.peer,
        .frame_len = line->frame_len,
        .encapsulation = line->encapsulation,
        .flows = line->flow_count > 1 ? &flows : NULL,
        .vlans = vlans.count > 0 ? &vlans : NULL,
        .payload_checked = line->touch_full,
    };

    CHECK_EQUAL((uint64_t)form_init(form, &asked), 0);
}

static void make_flows(const struct line *line)
{
    const struct io_encapsulation *e = &line->encapsulation;

    flows_init(&flows, line->flow_count, line->field, FLOW_UNIFORM, 0, 3);
    flows.encapsulation = *e;
    vlans = (struct flows){0};
    if (e->vlan_last > e->vlan_first)
        flows_init(&vlans, e->vlan_last - e->vlan_first + 1u, FLOW_VLAN, FLOW_ROUND_ROBIN, 0, 0);
    vlans.encapsulation = *e;
}

static void fake_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    (void)port;
    for (unsigned i = 0; i < n; i++)
        CHECK_EQUAL(slots[i].len, fake.slots[i].len);
}

static void open_line(const struct line *line)
{
    struct io_config *c = &fake.port.config;

    fake_open(&fake, IO_WHOLE_FRAMES, line->frame_len, BURST);
    fake.ops.tx_lengths = fake_tx_lengths;
    c->local.ip6 = local6;
    c->peer.ip6 = peer6;
    c->encapsulation = line->encapsulation;
    make_flows(line);
    make_form(&tx_form, line);
    c->tx_form = &tx_form;
    departures_init(&d, &fake.port, MARK, line->touch_full);
    make_form(&rx_form, line);
    c->rx_form = &rx_form;
    fake_swap_ends(&fake);
    arrivals_init(&a, &fake.port, MARK, line->touch_full);
    arrivals_begin(&a, clock_ticks(), 0);
}

static void close_line(void)
{
    form_fini(&tx_form);
    form_fini(&rx_form);
    fake_close(&fake);
}

static void send_at(uint64_t sequence, unsigned n)
{
    uint64_t now = clock_ticks();

    d.next_sequence = sequence;
    CHECK_EQUAL((uint64_t)departures_send(&d, n, now, now, true), n);
    for (unsigned i = 0; i < n; i++)
        fake.slots[i].seen_ticks = now;
}

static unsigned deliver(unsigned n)
{
    struct io_slot slots[BURST];

    memcpy(slots, fake.slots, n * sizeof(slots[0]));
    return arrivals_take(&a, slots, n);
}

/* RFC 1071, word by word in network order. */
static unsigned naive_sum(unsigned sum, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (unsigned)bytes[i] << 8 : bytes[i];
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return sum;
}

static uint8_t *put_be16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return out + 2;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

static uint8_t *put_ethernet(uint8_t *out, const struct line *line, const struct io_address *from,
                             const struct io_address *to, unsigned vlan)
{
    const struct io_encapsulation *e = &line->encapsulation;

    out = put_bytes(out, to->mac, 6);
    out = put_bytes(out, from->mac, 6);
    if (e->outer_vlan != 0)
        out = put_be16(put_be16(out, 0x88a8), e->outer_vlan);
    if (vlan != 0)
        out = put_be16(put_be16(out, 0x8100), vlan);
    return put_be16(out, e->ip6 ? 0x86dd : 0x0800);
}

static uint8_t *put_ipv4(uint8_t *out, const struct io_address *from, const struct io_address *to, unsigned len)
{
    uint8_t *begin = out;

    out = put_be16(put_bytes(out, "\x45\x00", 2), len);
    out = put_bytes(out, "\x00\x00\x40\x00\x40\x11\x00\x00", 8);
    out = put_bytes(put_bytes(out, &from->ip, 4), &to->ip, 4);
    put_be16(begin + 10, 0xffff - naive_sum(0, begin, 20));
    return out;
}

static uint8_t *put_ipv6(uint8_t *out, const struct io_address *from, const struct io_address *to, unsigned len)
{
    out = put_be16(put_bytes(out, "\x60\x00\x00\x00", 4), len - 40);
    out = put_bytes(out, "\x11\x40", 2);
    return put_bytes(put_bytes(out, &from->ip6, 16), &to->ip6, 16);
}

/* The ends and the VLAN of a packet, who sends and receives nothing else. */
static unsigned ends_of(const struct line *line, uint64_t number, struct io_address *from, struct io_address *to)
{
    const struct io_encapsulation *e = &line->encapsulation;
    uint32_t k = line->flow_count > 1 ? flow_of(&flows, number) : 0;
    unsigned vlan = e->vlan_first + (unsigned)(number % (e->vlan_last - e->vlan_first + 1u));

    *from = fake.port.config.peer;
    *to = fake.port.config.local;
    switch (line->field) {
    case FLOW_UDP_PORT:
        from->udp_port = (uint16_t)(from->udp_port + k);
        break;
    case FLOW_IP:
        from->ip.s_addr = htonl(ntohl(from->ip.s_addr) + k);
        to->ip.s_addr = htonl(ntohl(to->ip.s_addr) - k);
        for (int shift = 0; shift < 2; shift++) {
            from->ip6.s6_addr[15 - shift] = (uint8_t)(from->ip6.s6_addr[15 - shift] + (k >> 8 * shift & 0xff));
            /* Each of its bytes but the highest is zero: to count down borrows from that. */
            uint32_t half = 0x40000000u - k;
            from->ip6.s6_addr[11 - shift] = (uint8_t)(half >> 8 * shift);
            from->ip6.s6_addr[9 - shift] = (uint8_t)(half >> (16 + 8 * shift));
        }
        break;
    case FLOW_VLAN:
        vlan += k;
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
    return vlan;
}

static void check_frame(const struct line *line, const uint8_t *frame, uint64_t number)
{
    uint8_t expected[HEADERS_LEN_MAX];
    struct io_address from, to;
    bool ip6 = line->encapsulation.ip6;
    unsigned vlan = ends_of(line, number, &from, &to);
    uint8_t *ip = put_ethernet(expected, line, &from, &to, vlan);
    unsigned ip_len = line->frame_len - (unsigned)(ip - expected), udp_len = ip_len - (ip6 ? 40 : 20);
    uint8_t *udp = ip6 ? put_ipv6(ip, &from, &to, ip_len) : put_ipv4(ip, &from, &to, ip_len);
    uint32_t udp_at = (uint32_t)(udp - expected), addresses = ip6 ? 32 : 8;

    put_be16(put_be16(put_be16(udp, from.udp_port), to.udp_port), udp_len);
    CHECK(memcmp(frame, expected, udp_at + 6) == 0);
    /* The checksum is right, or none, which IPv6 forbids. */
    bool none = frame[udp_at + 6] == 0 && frame[udp_at + 7] == 0;
    CHECK(none == (!ip6 && !line->touch_full));
    if (!none)
        CHECK_EQUAL(naive_sum(naive_sum(17 + udp_len, frame + udp_at - addresses, addresses), frame + udp_at, udp_len),
                    0xffff);
    /* The number is where the payload says. */
    CHECK_EQUAL(load_u32(frame + udp_at + 8 + PAYLOAD_SEQUENCE), (uint32_t)number);
}

static void test_frames(const struct line *line)
{
    open_line(line);
    for (uint64_t sequence = 0; sequence < 3 * BURST; sequence += BURST) {
        send_at(sequence, BURST);
        for (unsigned i = 0; i < BURST; i++)
            check_frame(line, fake.slots[i].data, sequence + i);
        CHECK_EQUAL(deliver(BURST), BURST);
    }
    CHECK_EQUAL(arrivals_unique(&a), 3 * BURST);
    CHECK_EQUAL(a.bytes, 3 * BURST * line->frame_len);
    CHECK_EQUAL(a.corrupted + a.foreign, 0);
    close_line();
}

/* A byte of the headers that is not what it was. */
static void test_damage(const struct line *line, uint32_t at, uint8_t bits, unsigned intact)
{
    open_line(line);
    send_at(0, BURST);
    fake.slots[5].data[at] ^= bits;
    CHECK_EQUAL(deliver(BURST), intact);
    CHECK_EQUAL(a.corrupted, BURST - intact);
    CHECK_EQUAL(a.foreign, 0);
    close_line();
}

/* A tag that was taken out on the way, with all behind it moved to the front. */
static void test_lost_tag(void)
{
    static const struct line line = {
        .encapsulation = {.vlan_first = 100, .vlan_last = 199},
        .frame_len = 128,
        .touch_full = true,
    };

    open_line(&line);
    send_at(0, 1);
    memmove(fake.slots[0].data + TAGS_AT, fake.slots[0].data + TAGS_AT + VLAN_TAG_LEN, line.frame_len - 16);
    fake.slots[0].len -= VLAN_TAG_LEN;
    CHECK_EQUAL(deliver(1), 0);
    CHECK_EQUAL(a.corrupted + a.foreign, 1);
    close_line();
}

/* What answers are sent in is what the client expects. */
static void test_answers(const struct line *line)
{
    uint8_t answer[8 * HEADER_WORDS] = {0};
    struct form expected;

    open_line(line);
    /* The ends were swapped: what goes from us to the peer here are the answers. */
    struct form_config asked = {
        .from = &fake.port.config.local,
        .to = &fake.port.config.peer,
        .frame_len = line->frame_len,
        .encapsulation = line->encapsulation,
        .flows = line->flow_count > 1 ? &flows : NULL,
        .vlans = vlans.count > 0 ? &vlans : NULL,
        .answers = true,
        .payload_checked = line->touch_full,
    };
    CHECK_EQUAL((uint64_t)form_init(&expected, &asked), 0);
    send_at(0, BURST);
    for (unsigned i = 0; i < BURST; i++) {
        headers_answer_with(&line->encapsulation, answer, fake.slots[i].data);
        CHECK(form_headers_match(&expected, answer, i, line->frame_len));
    }
    form_fini(&expected);
    close_line();
}

static void test_arp(void)
{
    static const uint8_t expected[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x81, 0x00, 0x00, 0x66,
        0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
        0x0a, 0x01, 0x02, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x01, 0x02, 0x03, 0x00,
    };
    static struct flows range = {.count = 3, .field = FLOW_VLAN};
    uint8_t frame[ANNOUNCEMENT_LEN_MAX];

    fake_open(&fake, IO_WHOLE_FRAMES, 60, 1);
    struct io_config *c = &fake.port.config;
    CHECK_EQUAL(announcement_count(c), 1);
    CHECK_EQUAL(announcement_len(c), 64);
    c->encapsulation = (struct io_encapsulation){.vlan_first = 100, .vlan_last = 102};
    c->vlans = &range;
    c->frame_len = 64;
    CHECK_EQUAL(announcement_count(c), 3);
    CHECK_EQUAL(announcement_len(c), 60);
    announcement_build(frame, c, 2);
    CHECK(memcmp(frame, expected, sizeof(expected)) == 0);
    fake_close(&fake);
}

/* Each address is announced from itself, in the one VLAN that there is, and the first of them at once. */
static void test_macs(void)
{
    static struct flows macs = {.count = 1000, .field = FLOW_BOTH_MACS};
    uint8_t frame[ANNOUNCEMENT_LEN_MAX];

    fake_open(&fake, IO_WHOLE_FRAMES, 64, 1);
    struct io_config *c = &fake.port.config;
    c->flows = &macs;
    c->encapsulation = (struct io_encapsulation){.vlan_first = 5, .vlan_last = 5};
    CHECK_EQUAL(announcement_count(c), 1000);
    CHECK_EQUAL(announcement_first(c), 1);
    announcement_build(frame, c, 0xcd);
    CHECK(memcmp(frame + 6, "\x02\x11\x23\x00\x44\x55\x81\x00\x00\x05", 10) == 0);
    CHECK(memcmp(frame + 26, "\x02\x11\x23\x00\x44\x55", 6) == 0);
    fake_close(&fake);
}

static void test_advertisement(void)
{
    uint8_t frame[ANNOUNCEMENT_LEN_MAX];

    fake_open(&fake, IO_WHOLE_FRAMES, 96, 1);
    struct io_config *c = &fake.port.config;
    c->local.ip6 = local6;
    c->encapsulation = (struct io_encapsulation){.vlan_first = 5, .vlan_last = 5, .outer_vlan = 9, .ip6 = true};
    CHECK_EQUAL(announcement_len(c), 100);
    announcement_build(frame, c, 0);
    CHECK(memcmp(frame, "\x33\x33\x00\x00\x00\x01\x02\x11\x22\x33\x44\x55\x88\xa8\x00\x09\x81\x00\x00\x05", 20) == 0);
    CHECK(memcmp(frame + 20, "\x86\xdd\x60\x00\x00\x00\x00\x20\x3a\xff", 10) == 0);
    CHECK(memcmp(frame + 30, &local6, 16) == 0 && frame[46] == 0xff && frame[47] == 2 && frame[61] == 1);
    /* Type 136, overriding, of its address, with its MAC address; the pseudo header has length and protocol. */
    CHECK(frame[62] == 136 && frame[66] == 0x20 && memcmp(frame + 70, &local6, 16) == 0);
    CHECK(memcmp(frame + 86, "\x02\x01\x02\x11\x22\x33\x44\x55", 8) == 0);
    CHECK_EQUAL(naive_sum(32 + 58, frame + 30, 32 + 32), 0xffff);
    fake_close(&fake);
}

static void test_all_frames(struct line line)
{
    static const struct io_encapsulation kinds[] = {
        {.vlan_first = 1, .vlan_last = 1},
        {.vlan_first = 100, .vlan_last = 199},
        {.vlan_first = 4094, .vlan_last = 4094, .outer_vlan = 200},
        {.vlan_first = 7, .vlan_last = 9, .outer_vlan = 4094},
        {.ip6 = true},
        {.vlan_first = 100, .vlan_last = 199, .ip6 = true},
        {.vlan_first = 100, .vlan_last = 100, .outer_vlan = 200, .ip6 = true},
    };

    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        line.encapsulation = kinds[kind];
        const uint32_t least = layout_frame_len_min(&kinds[kind]);
        for (line.frame_len = least; line.frame_len < least + 40; line.frame_len += 1 + line.flow_count) {
            test_frames(&line);
            test_answers(&line);
        }
        line.frame_len = 1514;
        test_frames(&line);
    }
}

int main(void)
{
    struct line line = {.flow_count = 1, .field = FLOW_IP};

    clock_calibrate();
    for (int full = 0; full < 2; full++) {
        line.touch_full = full;
        line.flow_count = 1;
        test_all_frames(line);
        line.flow_count = 500;
        for (int field = 0; field < FLOW_VLAN; field++) {
            line.field = (enum flow_field)field;
            test_all_frames(line);
        }
        line.field = FLOW_BOTH_MACS;
        test_all_frames(line);
        line.field = FLOW_VLAN;
        line.frame_len = 256;
        line.encapsulation = (struct io_encapsulation){.vlan_first = 1, .vlan_last = 1};
        test_frames(&line);
        line.encapsulation = (struct io_encapsulation){.vlan_first = 9, .vlan_last = 9, .outer_vlan = 5, .ip6 = true};
        test_frames(&line);
        line.field = FLOW_IP;
        line.flow_count = 1;
        line.encapsulation = (struct io_encapsulation){.vlan_first = 100, .vlan_last = 199, .outer_vlan = 200};
        /* Of another VLAN, or with another type of tag, which no touch=none overlooks. */
        test_damage(&line, 15, 1, full ? BURST - 1 : BURST);
        test_damage(&line, 19, 1, full ? BURST - 1 : BURST);
        test_damage(&line, 12, 0x10, BURST - 1);
        test_damage(&line, 16, 0x01, BURST - 1);
        line.encapsulation = (struct io_encapsulation){.ip6 = true};
        test_damage(&line, 30, 1, full ? BURST - 1 : BURST);
        test_damage(&line, 20, 1, BURST - 1);
        test_damage(&line, 19, 1, BURST - 1);
    }
    test_lost_tag();
    test_arp();
    test_macs();
    test_advertisement();
    return test_end("encapsulation_test");
}
