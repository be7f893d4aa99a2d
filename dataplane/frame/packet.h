/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet: where its fields are. PROTOCOL.md, "The packet", is the specification.
 *
 * The payload is little-endian and so are the machines this is built for: fields are copied, never swapped.
 */
#ifndef VSW_PACKET_H
#define VSW_PACKET_H

#include <stdbool.h>
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
    FRAME_LEN_MIN = 60,  /* the smallest that Ethernet has, without FCS */
    FRAME_LEN_FULL = 64, /* the smallest with room for our whole header; smaller ones have the compact one */
};

/* Offsets in the UDP payload. */
enum {
    PAYLOAD_MARK = 0, /* magic, pair and flags as one 32-bit word */
    PAYLOAD_SEQUENCE = 4,
    PAYLOAD_TIMES = 8,         /* 48 bits: see packet_times() */
    PAYLOAD_CHECK = 14,        /* of mark and sequence number */
    PAYLOAD_IDENTITY_END = 16, /* up to here both headers are laid out alike */
    PAYLOAD_LAG = 16,
    PAYLOAD_CHECKSUM = 20,
    PAYLOAD_DATA = 22,
    COMPACT_CHECKSUM = 16,
    COMPACT_DATA = 18,
};
_Static_assert(HEADERS_LEN + PAYLOAD_DATA == FRAME_LEN_FULL, "our header fills the smallest frame that has it");
_Static_assert(HEADERS_LEN + COMPACT_DATA == FRAME_LEN_MIN, "the compact header fills the smallest frame");

#define PACKET_MAGIC 0x5657u
#define MARK_MAGIC_MASK UINT32_C(0x0000ffff)
#define MARK_STEADY (UINT32_C(1) << 24)
#define MARK_PAIR_SHIFT 16
#define MARK_RUN_SHIFT 25
/* Pairs and runs are counted from 0. */
#define PACKET_PAIR_MAX 255
#define PACKET_RUN_MAX 127

/* The send time's bits that a packet has room for: they wrap after a day and more, those of a compact header after 15 s
 * and more. */
#define SENT_BITS 48
#define SENT_MASK ((UINT64_C(1) << SENT_BITS) - 1)
#define COMPACT_SENT_BITS 36
#define COMPACT_SENT_MASK ((UINT64_C(1) << COMPACT_SENT_BITS) - 1)

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

/* Whether frames of this length have the compact header. */
static inline bool packet_is_compact(uint32_t frame_len)
{
    return frame_len < FRAME_LEN_FULL;
}

/* Whether a payload of this length has it. */
static inline bool payload_is_compact(uint32_t payload_len)
{
    return payload_len < PAYLOAD_DATA;
}

/* The time whose lower bits a packet carries: the one nearest to the receiver's own. */
static inline uint64_t packet_sent_ticks(uint64_t times, uint64_t seen_ticks, bool compact)
{
    unsigned bits = compact ? COMPACT_SENT_BITS : SENT_BITS;
    uint64_t since = (seen_ticks - times) & ((UINT64_C(1) << bits) - 1);
    uint64_t sign = UINT64_C(1) << (bits - 1);

    return seen_ticks - ((since ^ sign) - sign);
}

/* How late a burst left, in units of 2^LAG_SHIFT ticks. */
static inline uint32_t packet_lag(uint64_t sent_ticks, uint64_t intended_ticks)
{
    uint64_t lag = sent_ticks > intended_ticks ? (sent_ticks - intended_ticks) >> LAG_SHIFT : 0;
    return lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX;
}

/* A lag in the 12 bits of a compact header, to eight significant bits: an exponent of 5 bits and 7 bits of what is
 * behind the first one. Below 256 it is exact. */
static inline uint32_t compact_lag(uint32_t lag)
{
    if (lag < 128)
        return lag;
    unsigned shift = 24 - (unsigned)__builtin_clz(lag);
    /* Where rounding carries out of the fraction, the exponent grows by it. */
    return (shift << 7) + (uint32_t)((lag + (UINT64_C(1) << shift >> 1)) >> shift);
}

/* What compact_lag() made of it. */
static inline uint32_t compact_lag_value(uint32_t code)
{
    if (code < 128)
        return code;
    uint64_t lag = (uint64_t)(128 | (code & 127)) << ((code >> 7) - 1);
    return lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX;
}

/* The field PAYLOAD_TIMES: the lower 48 bits of the send time or, in a compact header, its lower 36 and the lag. */
static inline uint64_t packet_times(uint64_t sent_ticks, uint32_t lag, bool compact)
{
    return compact ? (sent_ticks & COMPACT_SENT_MASK) | (uint64_t)compact_lag(lag) << COMPACT_SENT_BITS
                   : sent_ticks & SENT_MASK;
}

#endif
