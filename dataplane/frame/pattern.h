/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data behind our header: a Weyl sequence that starts at a place given by the packet's sequence number, each term
 * mixed once. Terms do not depend on each other, so that a compiler can make several at a time.
 */
#ifndef VSW_PATTERN_H
#define VSW_PATTERN_H

#include "checksum.h"

/* 2^64 divided by the golden ratio, made odd: the step that spreads a Weyl sequence most evenly (Knuth, TAOCP 6.4). */
#define PATTERN_STEP UINT64_C(0x9e3779b97f4a7c15)
/* Any odd constant unrelated to the step: it keeps the sequences of neighbouring packets apart. */
#define PATTERN_SPREAD UINT64_C(0xd1342543de82ef95)

ALWAYS_INLINE uint64_t pattern_term(uint64_t weyl)
{
    return weyl ^ weyl >> 29;
}

/* Where a packet's sequence begins; that of the next number lies PATTERN_SPREAD further. */
ALWAYS_INLINE uint64_t pattern_begin(uint32_t sequence)
{
    return (sequence + UINT64_C(1)) * PATTERN_SPREAD;
}

/* Writes len bytes of the pattern that begins there to an even offset of the message, and adds them to its checksum. */
ALWAYS_INLINE uint64_t pattern_write(uint64_t sum, uint8_t *data, uint32_t len, uint64_t weyl)
{
    if (len >= 8) {
        const uint8_t *end = data + (len & ~7u);
        uint64_t words = 0, upper = 0;
        for (; data != end; data += 8, weyl += PATTERN_STEP) {
            uint64_t term = pattern_term(weyl);
            store_u64(data, term);
            words += term;
            upper += term >> 32;
        }
        sum += checksum_of_halves(words, upper);
    }
    if (len & 7) {
        uint64_t term = pattern_term(weyl) & (~UINT64_C(0) >> (64 - 8 * (len & 7)));
        memcpy(data, &term, len & 7);
        sum = checksum_add_u64(sum, term);
    }
    return sum;
}

#endif
