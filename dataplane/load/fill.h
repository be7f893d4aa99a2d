/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over packets to send: writes what each of them holds. */
#ifndef VSW_FILL_H
#define VSW_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "../frame/vector.h"

struct departures;

/* What the packets of one burst have in common, and the first one's own. */
struct stamp {
    uint64_t sent_ticks;
    uint32_t lag;
    uint32_t mark;
    uint32_t sequence;
    uint16_t check; /* of the first; no more than packet_steps() of them are filled at a time */
};

/* Fills n of the slots lent, from the first given on. */
typedef void fill_function(struct departures *d, unsigned first, unsigned n, const struct stamp *stamp);

/* capabilities: of the port. compact: whether packets have that header. */
fill_function *fill_choose(unsigned capabilities, bool compact, bool touch_full, enum vector vector);

/* For packets that have a form. */
fill_function *fill_choose_any(unsigned capabilities, bool touch_full, enum vector vector);

#endif
