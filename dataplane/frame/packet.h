/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet: where its fields are. PROTOCOL.md, "The packet", is the specification.
 *
 * The payload is little-endian and so are the machines this is built for: fields are copied, never swapped.
 */
#ifndef VSW_PACKET_H
#define VSW_PACKET_H

#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the payload's fields are copied in the machine's order");

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum {
    ETHERNET_HEADER_LEN = 14,
    IPV4_HEADER_LEN = 20,
    UDP_HEADER_LEN = 8,
    HEADERS_LEN = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN,
    FRAME_LEN_MIN = 64,
};

/* Offsets in the UDP payload. */
enum {
    PAYLOAD_MARK = 0, /* magic, pair and flags as one 32-bit word */
    PAYLOAD_SEQUENCE = 4,
    PAYLOAD_SENT = 8,   /* 48 bits */
    PAYLOAD_CHECK = 14, /* of mark and sequence number */
    PAYLOAD_LAG = 16,
    PAYLOAD_CHECKSUM = 20,
    PAYLOAD_DATA = 22,
};
_Static_assert(HEADERS_LEN + PAYLOAD_DATA == FRAME_LEN_MIN, "our header fills the smallest frame");

#define PACKET_MAGIC 0x5657u
#define MARK_MAGIC_MASK UINT32_C(0x0000ffff)
#define MARK_STEADY (UINT32_C(1) << 24)
#define MARK_PAIR_SHIFT 16
#define MARK_RUN_SHIFT 25
/* Pairs and runs are counted from 0. */
#define PACKET_PAIR_MAX 255
#define PACKET_RUN_MAX 127

/* The send time's bits that a packet has room for: they wrap after a day and more. */
#define SENT_BITS 48
#define SENT_MASK ((UINT64_C(1) << SENT_BITS) - 1)

/* The lag's unit, as a power of two of ticks. */
#define LAG_SHIFT 4

ALWAYS_INLINE uint16_t load_u16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

ALWAYS_INLINE uint32_t load_u32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

ALWAYS_INLINE uint64_t load_u64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

ALWAYS_INLINE void store_u16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));
}

ALWAYS_INLINE void store_u32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

ALWAYS_INLINE void store_u64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

/* The first word of the payload of the packets that a pair has in a run. */
static inline uint32_t packet_mark(unsigned pair, unsigned run, int steady)
{
    return PACKET_MAGIC | (uint32_t)pair << MARK_PAIR_SHIFT | (uint32_t)run << MARK_RUN_SHIFT |
           (steady ? MARK_STEADY : 0);
}

/* The check of mark and sequence number: a sum of their 16-bit words modulo 2^16, each times an odd number, so that
 * whatever happens to one word alone changes it. From one number to the next it grows by one, but where the number's
 * lower half wraps. */
static inline uint16_t packet_check(uint32_t mark, uint32_t sequence)
{
    return (uint16_t)(0x6a09 + (mark & 0xffff) * 0x9e37 + (mark >> 16) * 0x79b9 + sequence + (sequence >> 16) * 0xd1a5);
}

/* By how much the sum of all fields grows from one packet to the next: number and check by one each. */
#define PACKET_SUM_STEP 2

/* How many packets, from this number on, have a check that is one more than that of the packet before, and no word of
 * their headers that wraps. */
static inline uint32_t packet_steps(uint32_t sequence, uint16_t check)
{
    uint32_t lower = sequence & 0xffff;
    return 0x10000 - (lower > check ? lower : check);
}

/* The time whose lower bits a packet carries: the one nearest to the receiver's own. */
static inline uint64_t packet_sent_ticks(uint64_t sent, uint64_t seen_ticks)
{
    uint64_t since = (seen_ticks - sent) & SENT_MASK;
    uint64_t sign = UINT64_C(1) << (SENT_BITS - 1);

    return seen_ticks - ((since ^ sign) - sign);
}

/* How late a burst left, in units of 2^LAG_SHIFT ticks. */
static inline uint32_t packet_lag(uint64_t sent_ticks, uint64_t intended_ticks)
{
    uint64_t lag = sent_ticks > intended_ticks ? (sent_ticks - intended_ticks) >> LAG_SHIFT : 0;
    return lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX;
}

#endif
