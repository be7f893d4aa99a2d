/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "../frame/random.h"
#include "clock.h"

/* Flows are drawn from numbers without this bit. */
#define SCHEDULE_SEED (UINT64_C(1) << 47)

bool schedule_leaves_pause(uint64_t rate_pps, uint64_t train_packets, uint64_t pause_ns)
{
    return (unsigned __int128)rate_pps * pause_ns <= (unsigned __int128)train_packets * NS_PER_SECOND;
}

/* A distance with a mean of 1. */
static double exponential(uint64_t number)
{
    return -log1p(-random_share(number));
}

/* Scaled so that the round takes as many ticks as it should, to the tick. */
static void draw_poisson(const struct schedule *s, unsigned pair, uint64_t round_ticks)
{
    uint64_t seed = SCHEDULE_SEED | (uint64_t)pair << 48;
    double sum = 0, passed = 0;

    for (uint32_t i = 0; i < s->bursts; i++)
        sum += exponential(seed + i);
    for (uint32_t i = 0; i < s->bursts; i++) {
        uint64_t offset = (uint64_t)(passed / sum * (double)round_ticks);
        /* By rounding it might fall into the next round. */
        s->offsets[i] = offset < round_ticks ? offset : round_ticks - 1;
        passed += exponential(seed + i);
    }
}

static void lay_train(const struct schedule *s, uint64_t pause_ticks, uint64_t round_ticks)
{
    uint64_t on = round_ticks > pause_ticks ? round_ticks - pause_ticks : 0;

    for (uint32_t i = 0; i < s->bursts; i++)
        s->offsets[i] = (uint64_t)((unsigned __int128)on * i / s->bursts);
}

static uint64_t ahead_of_rate(const struct schedule *s, const struct schedule_plan *plan, uint64_t hz)
{
    uint64_t most = 0;

    for (uint32_t i = 0; i < s->bursts; i++) {
        uint64_t sent = ((uint64_t)i + 1) * plan->burst;
        uint64_t mean = (uint64_t)((unsigned __int128)s->offsets[i] * plan->rate_pps / hz);
        if (sent > mean && sent - mean > most)
            most = sent - mean;
    }
    return most;
}

int schedule_init(struct schedule *s, const struct schedule_plan *plan, uint64_t hz)
{
    *s = (struct schedule){.ahead_packets = plan->burst};
    if (plan->kind == SCHEDULE_REGULAR)
        return 0;
    s->bursts = plan->kind == SCHEDULE_POISSON ? SCHEDULE_DRAWS : (uint32_t)(plan->train_packets / plan->burst);
    s->offsets = malloc(s->bursts * sizeof(*s->offsets));
    if (s->offsets == NULL)
        return -ENOMEM;
    uint64_t round_ticks = (uint64_t)((unsigned __int128)s->bursts * plan->burst * hz / plan->rate_pps);
    if (plan->kind == SCHEDULE_POISSON)
        draw_poisson(s, plan->pair, round_ticks);
    else
        lay_train(s, (uint64_t)((unsigned __int128)plan->pause_ns * hz / NS_PER_SECOND), round_ticks);
    s->ahead_packets = ahead_of_rate(s, plan, hz);
    return 0;
}

void schedule_free_offsets(struct schedule *s)
{
    free(s->offsets);
    s->offsets = NULL;
}
