/* SPDX-License-Identifier: Apache-2.0 */
/* How far several clocks may be apart, by what is known of each one's offset to the first. */
#ifndef VSW_OFFSETS_H
#define VSW_OFFSETS_H

#include <stdint.h>

/* An offset is not below the one nor above the other. Of any unit. */
struct offset_bounds {
    int64_t lower, upper;
};

/* The largest absolute value that an offset in these bounds may have. */
int64_t offset_magnitude(const struct offset_bounds *b);

/* Bounds of the offset between those two of n clocks (1 or more) that may be furthest apart. to_first[i] is the offset
 * of clock i to the first one; to_first[0] is 0, exactly. */
struct offset_bounds offsets_worst_pair(const struct offset_bounds *to_first, unsigned n);

#endif
