/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of each flow. A packet in order costs nothing here: whose packet is missing follows from its number, when
 * that is given up.
 */
#ifndef VSW_FLOW_LOSSES_H
#define VSW_FLOW_LOSSES_H

#include "../frame/flows.h"
#include "sequence.h"

struct flow_losses {
    const struct flows *flows;
    uint32_t *lost, *reordered; /* packets, by flow */
};

/* Of all flows. */
struct flow_summary {
    uint64_t with_loss, with_reordering;
    uint64_t most_lost_packets; /* of the flow that lost most */
};

/* 0 or -ENOMEM. */
int flow_losses_init(struct flow_losses *losses, const struct flows *flows);
void flow_losses_fini(struct flow_losses *losses);
/* Nothing has been lost yet. */
void flow_losses_clear(struct flow_losses *losses);

/* A number that has not arrived and is given up; one that comes later all the same is late, and stays counted. */
void flow_losses_count(void *losses, uint64_t number);

/* A number that arrived after a higher one. It is out of order in its flow only if one of that flow was among those
 * (RFC 4737, Type-P-Reordered, of the flow's packets). */
void flow_losses_reordered(struct flow_losses *losses, const struct sequence_tracker *t, uint64_t number);

struct flow_summary flow_losses_sum(const struct flow_losses *losses);

#endif
