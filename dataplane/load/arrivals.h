/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a port delivered: checked, told apart, counted and timed.
 *
 * Packets come in runs: in order, sent in one burst and seen in one burst, they share all but their numbers. The first
 * of a run is taken apart; those that continue it are just compared with it, and the run is counted as one.
 */
#ifndef VSW_ARRIVALS_H
#define VSW_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "../io/io.h"
#include "histogram.h"
#include "sequence.h"

/* What the packets of a run share. */
struct run {
    uint64_t sent_ticks, seen_ticks;
    uint32_t mark, lag;
    unsigned unrecorded; /* 1 until the run's first packet, which is counted, enters the histograms */
};

/* The parts of a whole frame's headers that tell our packets from others, as the peer writes them. */
struct expected_headers {
    uint64_t from_ethertype; /* 12 ... 19: EtherType, version, TOS, total length, identification */
    uint32_t from_fragment;  /* 20 ... 23: fragmentation, TTL, protocol */
    uint32_t from_udp_port;  /* 36 ... 39: destination port, length */
};

struct arrivals {
    struct expected_headers headers;
    /* Chosen once, so that the loop over packets tests no option. */
    unsigned (*match)(const struct arrivals *a, const struct io_slot *slots, unsigned n);
    uint32_t slot_len, frame_len, payload_offset;
    uint32_t mark; /* of our pair's packets that are not steady */
    /* Limits of a plausible delay, in ticks: before it was sent, and after. */
    uint64_t skew_max, delay_max;
    uint16_t udp_port;
    bool touch_full, whole_frames;
    struct run run;

    uint64_t packets, bytes, corrupted, foreign; /* foreign packets are not among packets */
    uint64_t steady;                             /* unique packets that carry the mark */
    uint64_t untimed;                            /* steady packets whose delay shows that the clocks differ */
    struct sequence_tracker sequence;
    /* Of steady unique packets: from the time they were meant to leave, and from the time they left, to the time the
     * port saw them. */
    struct histogram since_intended, since_sent;
};

/* The port must be open, or at least have its ops and config. */
void arrivals_init(struct arrivals *a, const struct io_port *port, unsigned pair, bool touch_full);

/* Takes a burst that the port delivered, and moves the packets that are ours and sound to the front of the array.
 * Returns how many they are. */
unsigned arrivals_take(struct arrivals *a, struct io_slot *slots, unsigned n);

#endif
