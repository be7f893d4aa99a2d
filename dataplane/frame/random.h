/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look drawn and follow from others, so that both ends draw the same and each run does again. */
#ifndef VSW_RANDOM_H
#define VSW_RANDOM_H

#include <math.h>
#include <stdint.h>

#include "packet.h"

/* Of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014): its step, and the
 * two multipliers of its finalizer. */
#define SPLITMIX_STEP UINT64_C(0x9e3779b97f4a7c15)
#define SPLITMIX_FIRST UINT64_C(0xbf58476d1ce4e5b9)
#define SPLITMIX_SECOND UINT64_C(0x94d049bb133111eb)

ALWAYS_INLINE uint64_t random_bits(uint64_t number)
{
    uint64_t z = number * SPLITMIX_STEP;

    z = (z ^ z >> 30) * SPLITMIX_FIRST;
    z = (z ^ z >> 27) * SPLITMIX_SECOND;
    return z ^ z >> 31;
}

/* From 0 on, and below 1. */
static inline double random_share(uint64_t number)
{
    return ldexp((double)(random_bits(number) >> 11), -53);
}

#endif
