/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as they are sent, byte by byte, against a second implementation that is as simple as can be. */
#include "../frame/checksum.h"
#include "../frame/headers.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define PACKETS 3
#define RUN 93
#define FIRST_SEQUENCE UINT64_C(0x1fffffffe) /* the lower 32 bits wrap within a burst */
#define SENT UINT64_C(0xfedcba9876543210)
#define LAG UINT32_C(0x00fedcba)
/* Its bits are 1111 1110 1101...: rounded to 1.1111111 binary times 2^23, the fraction of which follows the exponent
 * plus one, counted from 2^7. */
#define COMPACT_LAG UINT64_C(0x8ff)

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

static uint8_t *put_le(uint8_t *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *out++ = (uint8_t)(value >> 8 * i);
    return out;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

/* The check of what stands in front of it, word by word. */
static unsigned naive_check(const uint8_t *payload)
{
    static const unsigned factors[] = {0x9e37, 0x79b9, 1, 0xd1a5};
    unsigned check = 0x6a09;

    for (unsigned i = 0; i < 4; i++)
        check += factors[i] * (payload[2 * i] | (unsigned)payload[2 * i + 1] << 8);
    return check & 0xffff;
}

static void expected_payload(uint8_t *payload, uint32_t len, uint32_t sequence, bool touch_full)
{
    bool compact = len < 22;
    uint8_t *out = payload;

    out = put_le(out, 0x5657, 2);
    out = put_le(out, 201, 1);
    out = put_le(out, RUN << 1 | 1, 1);
    out = put_le(out, sequence, 4);
    if (compact) {
        out = put_le(out, (SENT & 0xfffffffff) | COMPACT_LAG << 36, 6);
        out = put_le(out, naive_check(payload), 2);
    } else {
        out = put_le(out, SENT, 6);
        out = put_le(out, naive_check(payload), 2);
        out = put_le(out, LAG, 4);
    }
    out = put_le(out, 0, 2);
    for (uint32_t i = 0; i < len - (compact ? 18 : 22); i++) {
        uint64_t weyl = (sequence + UINT64_C(1)) * UINT64_C(0xd1342543de82ef95) + i / 8 * UINT64_C(0x9e3779b97f4a7c15);
        *out++ = (uint8_t)(touch_full ? (weyl ^ weyl >> 29) >> i % 8 * 8 : 0);
    }
    if (touch_full)
        put_be16(payload + (compact ? 16 : 20), 0xffff - naive_sum(0, payload, len));
}

static void expected_frame(uint8_t *frame, const struct io_config *c, uint32_t sequence, bool touch_full)
{
    uint8_t *out = frame;
    unsigned udp_len = c->frame_len - 34;

    out = put_bytes(out, c->peer.mac, 6);
    out = put_bytes(out, c->local.mac, 6);
    out = put_be16(out, 0x0800);
    out = put_bytes(out, "\x45\x00", 2);
    out = put_be16(out, c->frame_len - 14);
    out = put_bytes(out, "\x00\x00\x40\x00\x40\x11\x00\x00", 8);
    out = put_bytes(out, &c->local.ip, 4);
    out = put_bytes(out, &c->peer.ip, 4);
    put_be16(frame + 24, 0xffff - naive_sum(0, frame + 14, 20));
    out = put_be16(out, c->local.udp_port);
    out = put_be16(out, c->peer.udp_port);
    out = put_be16(out, udp_len);
    put_be16(out, 0);
    expected_payload(frame + 42, c->frame_len - 42, sequence, touch_full);
    if (!touch_full)
        return;
    /* The pseudo header: addresses, protocol, length. */
    unsigned sum = naive_sum(17 + udp_len, frame + 26, 8);
    sum = 0xffff - naive_sum(sum, frame + 34, udp_len);
    put_be16(frame + 40, sum != 0 ? sum : 0xffff);
}

static void test_size_at(unsigned capabilities, uint32_t frame_len, bool touch_full, uint64_t first)
{
    struct fake_port fake;
    struct departures d;
    uint8_t expected[IO_FRAME_MAX];
    bool whole_frames = capabilities & IO_WHOLE_FRAMES;

    fake_open(&fake, capabilities, frame_len, PACKETS);
    departures_init(&d, &fake.port, packet_mark(201, RUN, false), touch_full);
    d.next_sequence = first;
    CHECK_EQUAL((uint64_t)departures_send(&d, PACKETS, SENT, SENT - ((uint64_t)LAG << 4) - 15, true), PACKETS);
    CHECK_EQUAL(d.next_sequence, first + PACKETS);
    for (unsigned i = 0; i < PACKETS; i++) {
        uint32_t offset = whole_frames ? 0 : HEADERS_LEN;
        uint32_t len = frame_len - offset;
        expected_frame(expected, &fake.port.config, (uint32_t)(first + i), touch_full);
        /* Where the port forgets, nobody writes the data that touch=none leaves alone. */
        if (!touch_full && !(capabilities & IO_SLOTS_KEEP_CONTENT))
            len = (packet_is_compact(frame_len) ? FRAME_LEN_MIN : FRAME_LEN_FULL) - offset;
        for (uint32_t b = 0; b < len; b++) {
            if (!CHECK_EQUAL(fake.slots[i].data[b], expected[offset + b]))
                fprintf(stderr, "  frame of %u bytes, touch %d, byte %u\n", frame_len, touch_full, offset + b);
        }
    }
    fake_close(&fake);
}

static void test_size(unsigned capabilities, uint32_t frame_len, bool touch_full)
{
    test_size_at(capabilities, frame_len, touch_full, FIRST_SEQUENCE);
}

/* Numbers around which a word of the header wraps within a burst: the lower half, all of it, the check. */
static void test_wraps(void)
{
    uint32_t mark = packet_mark(201, RUN, true), wraps_check = 0;

    while (packet_check(mark, wraps_check) != 0)
        wraps_check++;
    for (uint64_t back = 0; back <= PACKETS; back++) {
        for (unsigned capabilities = 0; capabilities <= IO_WHOLE_FRAMES; capabilities += IO_WHOLE_FRAMES) {
            for (uint32_t len = 60; len <= 71; len += 11) {
                test_size_at(capabilities, len, true, 0x10000 - back);
                test_size_at(capabilities, len, true, (UINT64_C(1) << 32) - back);
                test_size_at(capabilities, len, true, (UINT64_C(1) << 32) + wraps_check - back);
                test_size_at(capabilities, len, false, (UINT64_C(1) << 32) + wraps_check - back);
            }
        }
    }
}

/* One word of what is checked, or the check itself, may be anything else: it shows. */
static void test_check_of_words(void)
{
    uint64_t random = 7;

    for (int round = 0; round < 200; round++) {
        uint64_t fields = test_random(&random);
        uint16_t check = packet_check((uint32_t)fields, (uint32_t)(fields >> 32));
        for (unsigned word = 0; word < 4; word++) {
            uint64_t difference = 1 + test_random(&random) % 0xffff;
            uint64_t damaged = fields ^ difference << 16 * word;
            CHECK(packet_check((uint32_t)damaged, (uint32_t)(damaged >> 32)) != check);
        }
    }
    /* And each value of each word has a check of its own. */
    for (unsigned word = 0; word < 4; word++) {
        static bool seen[0x10000];
        memset(seen, 0, sizeof(seen));
        for (uint64_t value = 0; value < 0x10000; value++) {
            uint64_t fields = value << 16 * word;
            uint16_t check = packet_check((uint32_t)fields, (uint32_t)(fields >> 32));
            CHECK(!seen[check]);
            seen[check] = true;
        }
    }
}

/* As many packets as packet_steps() says count up by one word by word, and not one more. */
static void test_steps(void)
{
    uint64_t random = 3;

    for (int round = 0; round < 300; round++) {
        uint32_t mark = (uint32_t)test_random(&random), sequence = (uint32_t)test_random(&random);
        uint16_t check = packet_check(mark, sequence);
        uint32_t steps = packet_steps(sequence, check);
        uint32_t last = steps - 1;
        CHECK_EQUAL(packet_check(mark, sequence + last), check + last);
        CHECK_EQUAL(sequence + last, (uint64_t)sequence + last);
        CHECK((sequence & 0xffff) + steps == 0x10000 || check + steps == 0x10000);
    }
}

/* What the packet has no room for is the receiver's own, up to half of the range to either side, and past wraps. */
static void test_sent_ticks(void)
{
    static const uint64_t clocks[] = {0, 5, SENT_MASK - 3, SENT_MASK + 7, SENT, UINT64_MAX - 9};
    static const int64_t delays[] = {0, 1, -1, 12345678, -2600, (INT64_C(1) << 47) - 1, -(INT64_C(1) << 47)};

    for (size_t c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++) {
        for (size_t d = 0; d < sizeof(delays) / sizeof(delays[0]); d++) {
            uint64_t sent = clocks[c] - (uint64_t)delays[d];
            CHECK_EQUAL(packet_sent_ticks(sent & SENT_MASK, clocks[c], false), sent);
            /* Bits above are the check, and none of the time. */
            CHECK_EQUAL(packet_sent_ticks((sent & SENT_MASK) | UINT64_C(0xabcd) << 48, clocks[c], false), sent);
        }
    }
}

static void test_sizes(void)
{
    static const unsigned capabilities[] = {
        0,
        IO_SLOTS_KEEP_CONTENT,
        IO_WHOLE_FRAMES,
        IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT,
    };
    for (size_t c = 0; c < sizeof(capabilities) / sizeof(capabilities[0]); c++) {
        for (uint32_t len = FRAME_LEN_MIN; len <= IO_FRAME_MAX; len = next_frame_len(len)) {
            test_size(capabilities[c], len, true);
            test_size(capabilities[c], len, false);
        }
    }
}

/* A frame written by hand, from the RFCs, checksums by pencil. */
static void test_known_answer(void)
{
    static const uint8_t expected[HEADERS_LEN] = {
        0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, /* Ethernet */
        0x45, 0x00, 0x00, 0x32, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x26, 0xb9,             /* IPv4 */
        0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,                                     /* addresses */
        0x13, 0x89, 0x13, 0x89, 0x00, 0x1e, 0xc4, 0x9d,                                     /* UDP */
    };
    struct io_address a = {.mac = {2, 0, 0, 0, 0, 1}, .ip.s_addr = htonl(0x0a000001), .udp_port = 5001};
    struct io_address b = {.mac = {2, 0, 0, 0, 0, 2}, .ip.s_addr = htonl(0x0a000002), .udp_port = 5001};
    uint8_t headers[HEADERS_LEN], answer[HEADERS_LEN], back[HEADERS_LEN];

    headers_build(headers, &a, &b, 64, true);
    for (int i = 0; i < HEADERS_LEN; i++)
        CHECK_EQUAL(headers[i], expected[i]);
    headers_answer(answer, headers);
    headers_build(back, &b, &a, 64, true);
    CHECK(memcmp(answer, back, HEADERS_LEN) == 0);
}

/* 0 means no checksum: a sum of 0xffff is sent as that. Among all ports of one flow there is one. */
static void test_udp_checksum_is_never_zero(void)
{
    struct io_address a = {.ip.s_addr = htonl(0x0a000001)}, b = {.ip.s_addr = htonl(0x0a000002), .udp_port = 5001};
    uint8_t headers[HEADERS_LEN];
    unsigned all_ones = 0;

    for (unsigned port = 1; port <= UINT16_MAX; port++) {
        a.udp_port = (uint16_t)port;
        headers_build(headers, &a, &b, 64, true);
        CHECK(load_u16(headers + 40) != 0);
        all_ones += load_u16(headers + 40) == UINT16_MAX;
    }
    CHECK_EQUAL(all_ones, 1);
}

/* The example of RFC 1071, section 3, and all lengths against the naive sum. */
static void test_checksum(void)
{
    static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    uint64_t random = 1;

    CHECK_EQUAL(ntohs(checksum_fold(checksum_add(0, example, sizeof(example)))), 0xddf2);
    for (uint32_t len = 0; len < 200; len++) {
        uint8_t *bytes = malloc(len + 1);
        for (uint32_t i = 0; i <= len; i++)
            bytes[i] = (uint8_t)test_random(&random);
        uint8_t *exact = malloc(len == 0 ? 1 : len);
        memcpy(exact, bytes + 1, len);
        CHECK_EQUAL(ntohs(checksum_fold(checksum_add(0, exact, len))), naive_sum(0, exact, len));
        CHECK_EQUAL(checksum_fold(checksum_add(0, bytes + 1, len)), checksum_fold(checksum_add(0, exact, len)));
        free(exact);
        free(bytes);
    }
    uint8_t ones[64];
    memset(ones, 0xff, sizeof(ones));
    CHECK_EQUAL(checksum_fold(checksum_add(0, ones, sizeof(ones))), 0xffff);
    CHECK_EQUAL(checksum_fold(UINT64_MAX), 0xffff);
    CHECK_EQUAL(checksum_fold(UINT64_C(0xffffffff00000001)), 1);
}

static void test_partial_sends(void)
{
    struct fake_port fake;
    struct departures d;

    fake_open(&fake, IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT, 100, 8);
    departures_init(&d, &fake.port, packet_mark(0, 0, false), true);
    fake.takes = 5;
    CHECK_EQUAL((uint64_t)departures_send(&d, 8, SENT, SENT, false), 5);
    CHECK_EQUAL(d.next_sequence, 5);
    fake.lends = 0;
    CHECK_EQUAL((uint64_t)departures_send(&d, 8, SENT, SENT, false), 0);
    CHECK_EQUAL(d.next_sequence, 5);
    fake.lends = 3;
    CHECK_EQUAL((uint64_t)departures_send(&d, 8, SENT, SENT, false), 3);
    CHECK_EQUAL(d.next_sequence, 8);
    /* The numbers that were refused were sent by the next burst. */
    CHECK_EQUAL(load_u32(fake.slots[0].data + HEADERS_LEN + PAYLOAD_SEQUENCE), 5);
    fake_close(&fake);
}

static void test_lag(void)
{
    CHECK_EQUAL(packet_lag(100, 100), 0);
    CHECK_EQUAL(packet_lag(100, 200), 0);
    CHECK_EQUAL(packet_lag(UINT64_C(1) << 40, 0), UINT32_MAX);
    CHECK_EQUAL(packet_lag(1600, 0), 100);
}

/* The times of a compact header, for clocks and delays as they come, past wraps. */
static void test_compact_times(void)
{
    static const int64_t delays[] = {0, 1, -1, 12345678, -2600, (INT64_C(1) << 35) - 1, -(INT64_C(1) << 35)};
    uint64_t random = 5;

    for (int round = 0; round < 1000; round++) {
        uint64_t seen = test_random(&random);
        uint32_t lag = (uint32_t)(test_random(&random) >> (32 + test_random(&random) % 32));
        for (size_t d = 0; d < sizeof(delays) / sizeof(delays[0]); d++) {
            uint64_t sent = seen - (uint64_t)delays[d], times = packet_times(sent, lag, true);
            CHECK_EQUAL(times >> 48, 0);
            CHECK_EQUAL(packet_sent_ticks(times, seen, true), sent);
            CHECK_EQUAL(times >> 36, compact_lag(lag));
        }
    }
}

/* Eight significant bits: exact below 256, within a 256th above, and never out of order. */
static void test_compact_lag(void)
{
    uint32_t before = 0;

    for (uint64_t lag = 0; lag <= UINT32_MAX; lag += lag / 1000 + 1) {
        uint32_t code = compact_lag((uint32_t)lag), value = compact_lag_value(code);
        uint64_t off = value > lag ? value - lag : lag - value;
        CHECK(code < 1 << 12 && off <= lag / 256 && value >= before);
        if (lag < 256)
            CHECK_EQUAL(value, lag);
        before = value;
    }
    CHECK_EQUAL(compact_lag_value(compact_lag(UINT32_MAX)), UINT32_MAX);
    /* Where rounding carries into the next power of two. */
    CHECK_EQUAL(compact_lag_value(compact_lag(0x1ff)), 0x200);
}

int main(void)
{
    test_known_answer();
    test_udp_checksum_is_never_zero();
    test_checksum();
    test_check_of_words();
    test_steps();
    test_sent_ticks();
    test_sizes();
    test_wraps();
    test_partial_sends();
    test_lag();
    test_compact_times();
    test_compact_lag();
    return test_end("frame_test");
}
