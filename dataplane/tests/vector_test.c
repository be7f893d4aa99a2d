/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops over bytes, as compiled for each set of vector instructions that this CPU has: all agree to the bit, with
 * each other and with a second implementation, at every length, and none overlooks a byte. The build runs this once
 * with sanitizers, and once as the program is shipped, for only then does the compiler use vectors.
 */
#include "../frame/pattern.h"
#include "../frame/vector.h"
#include "../load/arrivals.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define DATA_MAX (IO_FRAME_MAX - HEADERS_LEN)
#define BURST 5
#define SENT UINT64_C(0x123456789abc)
#define MARK packet_mark(1, 2, false)

typedef uint64_t add_function(uint64_t sum, const uint8_t *data, uint32_t len);
typedef uint64_t write_function(uint64_t sum, uint8_t *data, uint32_t len, uint64_t weyl);

#define ADD_VARIANT(name)                                                                                              \
    static uint64_t name(uint64_t sum, const uint8_t *data, uint32_t len)                                              \
    {                                                                                                                  \
        return checksum_add(sum, data, len);                                                                           \
    }
#define WRITE_VARIANT(name)                                                                                            \
    static uint64_t name(uint64_t sum, uint8_t *data, uint32_t len, uint64_t weyl)                                     \
    {                                                                                                                  \
        return pattern_write(sum, data, len, weyl);                                                                    \
    }
ADD_VARIANT(add_base)
TARGET_AVX2 ADD_VARIANT(add_avx2) WRITE_VARIANT(write_base) TARGET_AVX2 WRITE_VARIANT(write_avx2)

    static add_function *const adds[VECTOR_COUNT] = {[VECTOR_BASE] = add_base, [VECTOR_AVX2] = add_avx2};
static write_function *const writes[VECTOR_COUNT] = {[VECTOR_BASE] = write_base, [VECTOR_AVX2] = write_avx2};

/* The ones' complement sum, word by word. */
static uint16_t naive_sum(const uint8_t *bytes, uint32_t len)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? bytes[i] : (uint32_t)bytes[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/* Bytes of three kinds: any, all ones, and words that carry. */
static void put_bytes(uint8_t *bytes, uint32_t len, unsigned kind, uint64_t *random)
{
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = kind == 0 ? (uint8_t)test_random(random) : kind == 1 || test_random(random) % 8 != 0 ? 0xff : 0;
}

static void test_sum(enum vector v, uint32_t len)
{
    uint64_t random = len;

    for (unsigned kind = 0; kind < 3; kind++) {
        uint8_t *memory = malloc(len + 1), *bytes = memory + kind % 2;
        put_bytes(bytes, len, kind, &random);
        CHECK_EQUAL(checksum_fold(adds[v](0, bytes, len)), naive_sum(bytes, len));
        CHECK_EQUAL(adds[v](77, bytes, len), adds[VECTOR_BASE](77, bytes, len));
        free(memory);
    }
}

static void test_pattern(enum vector v, uint32_t len)
{
    uint64_t begin = pattern_begin(len * UINT32_C(2654435761));
    uint8_t *bytes = malloc(len + 1), base[DATA_MAX];

    bytes[len] = 0xa5;
    uint64_t sum = writes[v](5, bytes, len, begin);
    for (uint32_t i = 0; i < len; i++) {
        uint64_t term = begin + i / 8 * PATTERN_STEP;
        CHECK_EQUAL(bytes[i], (uint8_t)((term ^ term >> 29) >> i % 8 * 8));
    }
    CHECK_EQUAL(bytes[len], 0xa5);
    CHECK_EQUAL(checksum_fold(sum - 5), naive_sum(bytes, len));
    CHECK_EQUAL(sum, writes[VECTOR_BASE](5, base, len, begin));
    free(bytes);
}

/* A burst as the base makes it, and as each other one does. */
static void test_fill(enum vector v, unsigned capabilities, uint32_t frame_len)
{
    static struct fake_port base, wide;
    static struct departures d;

    fake_open(&base, capabilities, frame_len, BURST);
    fake_open(&wide, capabilities, frame_len, BURST);
    departures_init(&d, &base.port, MARK, true);
    d.fill = fill_choose(capabilities, packet_is_compact(frame_len), true, VECTOR_BASE);
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, SENT, SENT - 64, true), BURST);
    departures_init(&d, &wide.port, MARK, true);
    d.fill = fill_choose(capabilities, packet_is_compact(frame_len), true, v);
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, SENT, SENT - 64, true), BURST);
    for (unsigned i = 0; i < BURST; i++)
        CHECK(memcmp(base.slots[i].data, wide.slots[i].data, base.slots[i].len) == 0);
    fake_close(&base);
    fake_close(&wide);
}

static struct fake_port fake;
static struct arrivals arrivals;
static struct io_slot slots[BURST];

/* Sends a burst, and receives the first packet of it, so that the others go on as it did. */
static match_function *begin_match(enum vector v, unsigned capabilities, uint32_t frame_len)
{
    static struct departures d;

    fake_open(&fake, capabilities, frame_len, BURST);
    departures_init(&d, &fake.port, MARK, true);
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, SENT, SENT - 64, true), BURST);
    fake_swap_ends(&fake);
    arrivals_init(&arrivals, &fake.port, MARK, true);
    for (unsigned i = 0; i < BURST; i++) {
        slots[i] = fake.slots[i];
        slots[i].seen_ticks = SENT + 100;
    }
    CHECK_EQUAL(arrivals_take(&arrivals, slots, 1), 1);
    return match_choose(packet_is_compact(frame_len), true, capabilities & IO_WHOLE_FRAMES, v);
}

static void test_match(enum vector v, unsigned capabilities, uint32_t frame_len)
{
    match_function *match = begin_match(v, capabilities, frame_len);

    CHECK_EQUAL(match(&arrivals, slots + 1, BURST - 1), BURST - 1);
    fake_close(&fake);
}

/* A byte that is wrong in one bit or in all of them ends the run in front of its packet. */
static void test_damage(enum vector v, unsigned capabilities, uint32_t frame_len)
{
    match_function *match = begin_match(v, capabilities, frame_len);

    for (uint32_t byte = 0; byte < slots[0].len; byte++) {
        uint8_t wrong[] = {(uint8_t)(1u << byte % 8), 0xff};
        for (unsigned w = 0; w < 2; w++) {
            slots[3].data[byte] ^= wrong[w];
            CHECK_EQUAL(match(&arrivals, slots + 1, BURST - 1), 2);
            slots[3].data[byte] ^= wrong[w];
        }
    }
    CHECK_EQUAL(match(&arrivals, slots + 1, BURST - 1), BURST - 1);
    fake_close(&fake);
}

static void test_vector(enum vector v)
{
    static const unsigned kinds[] = {0, IO_WHOLE_FRAMES, IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT};
    static const uint32_t lengths[] = {60, 61, 62,  63,  64,  65,  71,   72,   79,   95,
                                       96, 97, 103, 127, 128, 129, 1499, 1500, 1514, 9014};

    for (uint32_t len = 0; len <= DATA_MAX; len = next_frame_len(len)) {
        test_sum(v, len);
        test_pattern(v, len);
    }
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (uint32_t len = FRAME_LEN_MIN; len <= IO_FRAME_MAX; len = next_frame_len(len)) {
            test_fill(v, kinds[k], len);
            test_match(v, kinds[k], len);
        }
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
            test_damage(v, kinds[k], lengths[i]);
    }
}

int main(void)
{
    clock_calibrate();
    CHECK(vector_is_usable(VECTOR_BASE) && vector_is_usable(vector_best()));
    for (int v = 0; v < VECTOR_COUNT; v++) {
        if (vector_is_usable((enum vector)v))
            test_vector((enum vector)v);
    }
    return test_end("vector_test");
}
