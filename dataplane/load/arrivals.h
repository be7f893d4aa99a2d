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

#include "../frame/flows.h"
#include "../frame/form.h"
#include "../io/io.h"
#include "flow_losses.h"
#include "gaps.h"
#include "histogram.h"
#include "match.h"
#include "sequence.h"
#include "trains.h"

/* What the packets of a run share. */
struct run {
    uint64_t sent_ticks, seen_ticks;
    uint64_t times; /* as the packets carry them */
    uint32_t mark, lag;
    unsigned unrecorded; /* 1 until the run's first packet, which is counted, enters the histograms */
};

struct arrivals {
    uint8_t headers[HEADERS_LEN]; /* of a whole frame, as the peer writes them */
    /* Chosen once, so that the loop over packets tests no option. */
    match_function *match;
    uint32_t slot_len, frame_len; /* of plain traffic */
    uint32_t headers_len, payload_offset;
    uint32_t mark; /* of our pair's packets in this run that are not steady */
    /* Limits of a plausible delay, in ticks: before it was sent, and after. */
    uint64_t skew_max, delay_max;
    /* What numbers the sender can have reached by a time: it sends rate_pps from begin_ticks on, or, where it is 0, as
     * fast as it can. */
    uint64_t begin_ticks, rate_pps;
    struct io_encapsulation encapsulation;
    uint64_t ahead_packets; /* by so many it may be ahead of that: a burst, or what its schedule allows */
    struct udp_ports ports;
    bool touch_full, whole_frames, compact;
    struct flow_view view;           /* flows == NULL: all packets have these headers, or a form */
    const struct form *form;         /* NULL: traffic is plain */
    struct flow_losses *flow_losses; /* NULL: nobody counts flows one by one */
    struct trains *trains;           /* NULL: there are none */
    struct gaps *gaps;               /* NULL: nobody asks where packets are missing */
    const bool *in_event;            /* atomic: what arrives now is of an event */
    struct run run;

    uint64_t packets, bytes, corrupted, foreign; /* foreign packets are not among packets */
    uint64_t unidentified;                       /* of the corrupted ones, those whose number is not known */
    uint64_t steady, steady_corrupted;           /* unique and corrupted packets that carry the mark */
    uint64_t steady_bytes;                       /* of their frames, where packets have a form */
    uint64_t
        lost_of_class[SIZE_CLASSES_MAX]; /* of a mix: numbers that have been given up, by the class of their size */
    uint64_t untimed;                    /* steady packets whose delay shows that the clocks differ */
    struct sequence_tracker sequence;
    /* Of steady unique packets: from the time they were meant to leave, and from the time they left, to the time the
     * port saw them. */
    struct histogram since_intended, since_sent;
    /* Of those among them that arrived during events, as since_intended. */
    struct histogram event_since_intended;
};

/* The port must be open, or at least have its ops and config. mark: that of our packets which are not steady; those of
 * other pairs and runs are foreign. */
void arrivals_init(struct arrivals *a, const struct io_port *port, uint32_t mark, bool touch_full);

/* Counts what is lost of each flow and each train, and where, as far as these are not NULL, and of each size from now
 * on. */
void arrivals_count_losses(struct arrivals *a, struct flow_losses *losses, struct trains *trains, struct gaps *gaps);

/* What arrives while this is true is of an event. */
void arrivals_heed_events(struct arrivals *a, const bool *in_event);

/* Of a mix: how many numbers of each class of sizes have arrived and were not late. The sequence must be settled. */
void arrivals_by_size(const struct arrivals *a, uint64_t packets[SIZE_CLASSES_MAX]);

/* The run begins; the sender's, with this rate (0: unpaced), does not begin before. */
void arrivals_begin(struct arrivals *a, uint64_t begin_ticks, uint64_t rate_pps);

/* The sender's schedule gets ahead of its rate by so many packets. */
void arrivals_allow_ahead(struct arrivals *a, uint64_t packets);

/* Takes a burst that the port delivered, and moves the packets that are ours and sound to the front of the array.
 * Returns how many they are. */
unsigned arrivals_take(struct arrivals *a, struct io_slot *slots, unsigned n);

/* How many numbers came intact when they came first. */
ALWAYS_INLINE uint64_t arrivals_unique(const struct arrivals *a)
{
    return sequence_distinct(&a->sequence) - (a->corrupted - a->unidentified);
}

#endif
