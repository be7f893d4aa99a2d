/* SPDX-License-Identifier: Apache-2.0 */
/* The command line; PROTOCOL.md, "Command line", is the specification. */
#ifndef VSW_OPTIONS_H
#define VSW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "frame/flows.h"
#include "frame/layout.h"
#include "frame/sizes.h"
#include "io/io.h"
#include "load/schedule.h"

enum role { ROLE_SENDER, ROLE_RECEIVER, ROLE_CLIENT, ROLE_SERVER, ROLE_PEER, ROLE_COUNT };
extern const char *const role_names[ROLE_COUNT];

/* What the polling thread does while there is nothing to do. */
enum wait_way { WAIT_POLL, WAIT_YIELD, WAIT_BLOCK, WAIT_COUNT };

enum option_action { ACTION_RUN, ACTION_HELP, ACTION_LIST };

struct options {
    enum option_action action;
    bool json; /* of --list */
    enum role role;
    const struct io_ops *io;
    const char *device; /* "" where the framework needs none */
    struct io_address local, peer;
    uint64_t pair, run, peer_run, frame_len, rate_pps, burst; /* frame_len: the largest of a mix */
    struct sizes sizes;                                       /* period 0: all have frame_len */
    enum schedule_kind arrivals;
    uint64_t train_packets, pause_ns; /* SCHEDULE_ON_OFF */
    uint64_t gap_packets;             /* 0: where packets are missing is not told */
    enum wait_way wait;
    struct io_encapsulation encapsulation;
    uint64_t queues;
    uint64_t flow_count;    /* 1: packets differ in nothing */
    uint64_t announce_rate; /* addresses a second */
    uint64_t mac_count;     /* of each end; more than 1 are flows of FLOW_BOTH_MACS */
    enum flow_field flow_field;
    enum flow_order flow_order;
    double zipf_exponent;
    bool touch_full, rx_moderation, quiet_announce, hold;
    uint64_t warmup_ms, duration_ms, cooldown_ms, interval_ms, drain_ms, max_debt_ms;
    uint64_t epoch_ns; /* CLOCK_MONOTONIC: what we tell and are told of times counts from it */
    int64_t cpu;       /* -1: not pinned */
};

/* Whether packets differ from plain traffic, and so are sent and checked by the loops that read a form. */
static inline bool options_need_form(const struct options *o)
{
    return o->sizes.period > 0 || !layout_is_plain(&o->encapsulation);
}

/* Reads argv. False, and one line in error that names the mend, if it is not a valid command line. */
bool options_parse(struct options *o, int argc, char *const *argv, char *error, size_t error_size);

/* Of a program that has run once: what of its options is to be another now, as `--rate 1000 --run 3`. False with a
 * text where that cannot be, and nothing is changed then. */
bool options_next(struct options *o, const char *text, char *error, size_t error_size);

void options_print_help(FILE *out);

#endif
