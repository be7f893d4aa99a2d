/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the bursts of a sender are due whose arrivals are not regular: at distances that are worked out beforehand for a
 * round of bursts, and come again in each round. A round takes as long as its packets do at the mean rate, so that over
 * rounds the rate is exact, as a regular schedule's is.
 *
 * - poisson: distances are drawn from the exponential distribution.
 * - on-off: a train of packets, its bursts at equal distances, and a pause; a round is both.
 */
#ifndef VSW_SCHEDULE_H
#define VSW_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum schedule_kind { SCHEDULE_REGULAR, SCHEDULE_POISSON, SCHEDULE_ON_OFF };

/* So many distances are drawn before they come again. */
#define SCHEDULE_DRAWS (1u << 18)
#define TRAIN_PACKETS_MAX (1u << 20)

struct schedule_plan {
    enum schedule_kind kind;
    uint64_t rate_pps; /* the mean; not 0 */
    uint32_t burst;
    uint64_t train_packets, pause_ns; /* SCHEDULE_ON_OFF: a multiple of the burst, and no more than the rate leaves */
    unsigned pair;                    /* each draws its own */
};

struct schedule {
    uint32_t bursts;        /* of a round; 0: the schedule is regular */
    uint64_t *offsets;      /* of each, in ticks since its round began: none lower than the one before */
    uint64_t ahead_packets; /* by so many it is ahead of its rate at the most */
};

/* Whether a train at this mean rate leaves a pause of that length. */
bool schedule_leaves_pause(uint64_t rate_pps, uint64_t train_packets, uint64_t pause_ns);

/* hz: ticks a second. 0 or -ENOMEM. */
int schedule_init(struct schedule *s, const struct schedule_plan *plan, uint64_t hz);

/* What is left is how far it gets ahead. */
void schedule_free_offsets(struct schedule *s);

#endif
