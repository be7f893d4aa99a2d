/* SPDX-License-Identifier: Apache-2.0 */
#include "trains.h"

void trains_init(struct trains *t, uint64_t packets)
{
    *t = (struct trains){.packets = packets, .last_with_loss = TRAIN_NONE};
    histogram_reset(&t->took);
}

void trains_cut_off(struct trains *t)
{
    if (t->is_under_way)
        t->begun--;
    t->is_under_way = false;
}

void trains_count_lost(struct trains *t, uint64_t number)
{
    uint64_t train = number / t->packets;

    if (train == t->last_with_loss)
        return;
    t->with_loss++;
    t->last_with_loss = train;
}
