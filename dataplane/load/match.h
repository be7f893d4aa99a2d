/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over packets received: how many of them go on as the run does. */
#ifndef VSW_MATCH_H
#define VSW_MATCH_H

#include <stdbool.h>

#include "../frame/vector.h"
#include "../io/io.h"

struct arrivals;

/* Returns how many of the first packets continue the run, each in order, intact and seen at the same time. */
typedef unsigned match_function(const struct arrivals *a, const struct io_slot *slots, unsigned n);

match_function *match_choose(bool compact, bool touch_full, bool whole_frames, enum vector vector);

/* For whole frames with touch=full whose flows differ in the eight bytes of the headers from `offset` on. */
match_function *match_choose_flows(bool compact, uint32_t offset, enum vector vector);

/* For whole frames with touch=none that come in at several ports. */
match_function *match_choose_ports(bool compact);

/* For packets that have a form. */
match_function *match_choose_any(bool touch_full, bool whole_frames, enum vector vector);

#endif
