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
    PAYLOAD_SENT = 8,
    PAYLOAD_LAG = 16,
    PAYLOAD_CHECKSUM = 20,
    PAYLOAD_DATA = 22,
};
_Static_assert(HEADERS_LEN + PAYLOAD_DATA == FRAME_LEN_MIN, "our header fills the smallest frame");

#define PACKET_MAGIC 0x5657u
#define MARK_MAGIC_MASK UINT32_C(0x0000ffff)
#define MARK_PAIR_MASK UINT32_C(0x00ff0000)
#define MARK_STEADY (UINT32_C(1) << 24)

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

/* The first word of the payload of a pair's packets. */
static inline uint32_t packet_mark(unsigned pair, int steady)
{
    return PACKET_MAGIC | (uint32_t)pair << 16 | (steady ? MARK_STEADY : 0);
}

/* How late a burst left, in units of 2^LAG_SHIFT ticks. */
static inline uint32_t packet_lag(uint64_t sent_ticks, uint64_t intended_ticks)
{
    uint64_t lag = sent_ticks > intended_ticks ? (sent_ticks - intended_ticks) >> LAG_SHIFT : 0;
    return lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX;
}

#endif
