/* SPDX-License-Identifier: Apache-2.0 */
#include "gaps.h"

#include <errno.h>
#include <stdlib.h>

int gaps_init(struct gaps *g, uint64_t packets)
{
    *g = (struct gaps){.packets = packets};
    if (packets == 0)
        return 0;
    g->list = calloc(GAPS_MAX, sizeof(*g->list));
    return g->list == NULL ? -ENOMEM : 0;
}

void gaps_clear(struct gaps *g)
{
    g->count = 0;
}

void gaps_count_lost(struct gaps *g, uint64_t number)
{
    struct gap *latest = g->count > 0 ? &g->list[g->count - 1] : NULL;

    if (latest != NULL && (number - latest->last < g->packets || g->count == GAPS_MAX)) {
        latest->last = number;
        latest->lost++;
        return;
    }
    g->list[g->count++] = (struct gap){.first = number, .last = number, .lost = 1};
}
