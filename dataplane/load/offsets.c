/* SPDX-License-Identifier: Apache-2.0 */
#include "offsets.h"

int64_t offset_magnitude(const struct offset_bounds *b)
{
    return -b->lower > b->upper ? -b->lower : b->upper;
}

struct offset_bounds offsets_worst_pair(const struct offset_bounds *to_first, unsigned n)
{
    struct offset_bounds worst = {0, 0};

    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < i; j++) {
            struct offset_bounds pair = {
                .lower = to_first[i].lower - to_first[j].upper,
                .upper = to_first[i].upper - to_first[j].lower,
            };
            if (offset_magnitude(&pair) > offset_magnitude(&worst))
                worst = pair;
        }
    }
    return worst;
}
