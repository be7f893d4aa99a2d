/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_losses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flow_losses_init(struct flow_losses *losses, const struct flows *flows)
{
    *losses = (struct flow_losses){
        .flows = flows,
        .lost = calloc(flows->count, sizeof(*losses->lost)),
        .reordered = calloc(flows->count, sizeof(*losses->reordered)),
    };
    if (losses->lost != NULL && losses->reordered != NULL)
        return 0;
    flow_losses_fini(losses);
    return -ENOMEM;
}

void flow_losses_fini(struct flow_losses *losses)
{
    free(losses->lost);
    free(losses->reordered);
    *losses = (struct flow_losses){0};
}

void flow_losses_clear(struct flow_losses *losses)
{
    memset(losses->lost, 0, losses->flows->count * sizeof(*losses->lost));
    memset(losses->reordered, 0, losses->flows->count * sizeof(*losses->reordered));
}

void flow_losses_count(void *losses, uint64_t number)
{
    struct flow_losses *l = losses;

    l->lost[flow_of(l->flows, number)]++;
}

void flow_losses_reordered(struct flow_losses *losses, const struct sequence_tracker *t, uint64_t number)
{
    const struct flows *f = losses->flows;
    uint32_t flow = flow_of(f, number);

    for (uint64_t later = number + 1; later < t->next; later++) {
        if (flow_of(f, later) == flow && sequence_has(t, later)) {
            losses->reordered[flow]++;
            return;
        }
    }
}

struct flow_summary flow_losses_sum(const struct flow_losses *losses)
{
    struct flow_summary sum = {0};

    for (uint32_t flow = 0; flow < losses->flows->count; flow++) {
        uint64_t lost = losses->lost[flow];
        sum.with_loss += lost > 0;
        sum.with_reordering += losses->reordered[flow] > 0;
        if (lost > sum.most_lost_packets)
            sum.most_lost_packets = lost;
    }
    return sum;
}
