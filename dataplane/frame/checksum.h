/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum, RFC 1071: the ones' complement sum of 16-bit words.
 *
 * The sum is the same in either byte order as long as the result is stored as it was read (RFC 1071, 2 (B)), so bytes
 * are summed as the machine loads them. 32-bit words are added to a 64-bit accumulator, which has room for the carries
 * of 16 GiB; they are folded in once, at the end.
 *
 * Of 64-bit words two sums are kept: that of the words, modulo 2^64, and that of their upper halves. What the latter
 * does not account for in the former are the lower halves, of which none is lost. It saves taking each word apart.
 */
#ifndef VSW_CHECKSUM_H
#define VSW_CHECKSUM_H

#include "packet.h"

ALWAYS_INLINE uint64_t checksum_add_u64(uint64_t sum, uint64_t word)
{
    return sum + (uint32_t)word + (word >> 32);
}

/* The sum of both halves of all words, from the sums of the words and of their upper halves. */
ALWAYS_INLINE uint64_t checksum_of_halves(uint64_t words, uint64_t upper)
{
    return upper + (words - (upper << 32));
}

/* Adds up to 7 bytes. */
ALWAYS_INLINE uint64_t checksum_add_rest(uint64_t sum, const uint8_t *data, uint32_t len)
{
    if (len & 4) {
        sum += load_u32(data);
        data += 4;
    }
    if (len & 2) {
        sum += load_u16(data);
        data += 2;
    }
    if (len & 1)
        sum += *data;
    return sum;
}

/* Adds len bytes, of which the first has an even offset in the message. An odd last byte is padded with a zero. */
ALWAYS_INLINE uint64_t checksum_add(uint64_t sum, const uint8_t *data, uint32_t len)
{
    if (len >= 8) {
        const uint8_t *end = data + (len & ~7u);
        uint64_t words = 0, upper = 0;
        for (; data != end; data += 8) {
            uint64_t word = load_u64(data);
            words += word;
            upper += word >> 32;
        }
        sum += checksum_of_halves(words, upper);
    }
    if (len & 7)
        sum = checksum_add_rest(sum, data, len & 7);
    return sum;
}

/* The 16-bit ones' complement sum. A number plus itself rotated by half its width has the folded sum, end-around carry
 * included, in its upper half. */
ALWAYS_INLINE uint16_t checksum_fold_u32(uint32_t sum)
{
    return (uint16_t)((sum + (sum << 16 | sum >> 16)) >> 16);
}

ALWAYS_INLINE uint16_t checksum_fold(uint64_t sum)
{
    return checksum_fold_u32((uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32));
}

#endif
