/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where packets are missing: stretches of numbers with losses, of which a time of sending can be told. Losses that are
 * less than so many packets apart are of one stretch.
 */
#ifndef VSW_GAPS_H
#define VSW_GAPS_H

#include <stddef.h>
#include <stdint.h>

/* Of a millisecond each, more than a minute of nothing but losses. Where there are more, the last one has the rest. */
#define GAPS_MAX 65536u

/* Numbers from first to last, of which so many are lost, these two among them. */
struct gap {
    uint64_t first, last, lost;
};

struct gaps {
    uint64_t packets; /* so far apart losses are told by themselves; 0: nobody asks */
    size_t count;
    struct gap *list;
};

/* 0 or -ENOMEM. */
int gaps_init(struct gaps *g, uint64_t packets);

/* For another run. */
void gaps_clear(struct gaps *g);

/* A packet of this number has not arrived and is given up: lower numbers come first. */
void gaps_count_lost(struct gaps *g, uint64_t number);

#endif
