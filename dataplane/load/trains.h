/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trains of an on-off schedule one by one: the bursts of RFC 9004, of which the longest is asked for that nothing
 * is lost of. Packets are numbered as they leave, so that a number says which train it is of, as long as no train is
 * given up.
 */
#ifndef VSW_TRAINS_H
#define VSW_TRAINS_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "histogram.h"

#define TRAIN_NONE UINT64_MAX

struct trains {
    uint64_t packets; /* of each; 0: the schedule has no trains */
    /* Of who sends them. */
    uint64_t begun;
    uint64_t whole;        /* sent to their end with no refusal */
    struct histogram took; /* how long those took to send */
    uint64_t begun_at;     /* ticks, of the one that is under way */
    bool is_refused, is_under_way;
    /* Of who receives them. */
    uint64_t with_loss, last_with_loss; /* the number of that train, from 0, or TRAIN_NONE */
};

void trains_init(struct trains *t, uint64_t packets);

/* The first packet of a train is about to be tried for the first time. */
static inline void trains_begin(struct trains *t, uint64_t now)
{
    t->begun++;
    t->begun_at = now;
    t->is_refused = false;
    t->is_under_way = true;
}

/* The port has taken its last packet. Of a train whose begin was given up nothing is known. */
static inline void trains_end(struct trains *t, uint64_t now)
{
    bool is_whole = t->is_under_way && !t->is_refused;

    t->is_under_way = false;
    if (!is_whole)
        return;
    t->whole++;
    histogram_record(&t->took, clock_ticks_to_ns(now - t->begun_at), 1);
}

/* The run is over; a train that it cut off is none. */
void trains_cut_off(struct trains *t);

/* A packet of this number has not arrived and is given up: lower numbers come first. */
void trains_count_lost(struct trains *t, uint64_t number);

#endif
