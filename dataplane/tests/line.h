/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of arrivals share: a sender and the receiver behind it, and what becomes of single packets. */
#ifndef VSW_LINE_H
#define VSW_LINE_H

#include "../load/arrivals.h"
#include "../load/clock.h"
#include "../load/departures.h"
#include "fake_port.h"
#include "test.h"

#define PAIR 9
#define RUN 21
#define SENT UINT64_C(5000000000)

/* A sender and the receiver behind it; frames lie in the sender's slots. */
struct line {
    struct fake_port fake;
    struct departures d;
    struct arrivals a;
};

static struct line line;

static inline void line_open(unsigned capabilities, uint32_t frame_len, unsigned burst, bool touch_full)
{
    fake_open(&line.fake, capabilities, frame_len, burst);
    departures_init(&line.d, &line.fake.port, packet_mark(PAIR, RUN, false), touch_full);
    fake_swap_ends(&line.fake);
    arrivals_init(&line.a, &line.fake.port, packet_mark(PAIR, RUN, false), touch_full);
    arrivals_begin(&line.a, SENT, 0);
}

static inline void send_at(uint64_t sequence, unsigned n, bool steady)
{
    line.d.next_sequence = sequence;
    CHECK_EQUAL((uint64_t)departures_send(&line.d, n, SENT, SENT - 1600, steady), n);
}

/* Delivers the first n slots, seen so many ticks after they were sent. */
static inline unsigned deliver(unsigned n, uint64_t delay)
{
    struct io_slot slots[IO_BURST_MAX];

    for (unsigned i = 0; i < n; i++) {
        slots[i] = line.fake.slots[i];
        slots[i].seen_ticks = SENT + delay;
    }
    return arrivals_take(&line.a, slots, n);
}

/* As if all numbers before had been lost. */
static inline void expect_next(uint64_t number)
{
    line.a.sequence.next = line.a.sequence.run_begin = number;
}

static inline void check_sum(void)
{
    const struct arrivals *a = &line.a;

    CHECK_EQUAL(a->packets, arrivals_unique(a) + a->sequence.duplicated + a->corrupted + a->sequence.late);
}

enum judgement { SOUND, FOREIGN, DAMAGED, UNIDENTIFIED };

/* Delivers the first slot alone, and says what became of it. */
static inline enum judgement judge(uint64_t delay)
{
    uint64_t foreign = line.a.foreign, corrupted = line.a.corrupted, unidentified = line.a.unidentified;
    unsigned kept = deliver(1, delay);

    CHECK_EQUAL(kept + line.a.foreign - foreign + line.a.corrupted - corrupted, 1);
    if (line.a.foreign > foreign)
        return FOREIGN;
    if (line.a.unidentified > unidentified)
        return UNIDENTIFIED;
    return line.a.corrupted > corrupted ? DAMAGED : SOUND;
}

#endif
