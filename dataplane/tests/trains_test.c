/* SPDX-License-Identifier: Apache-2.0 */
/* Trains are told apart: which were sent whole, which met a port that refused, and which lost a packet. */
#include <stdlib.h>

#include "../load/transmit.h"
#include "fake_port.h"
#include "test.h"

#define HZ UINT64_C(1000000000)
#define BURST 4u
#define BURSTS 3u
#define TRAIN (BURST * BURSTS)

struct plant {
    struct session *s;
    struct options options;
    struct fake_port fake;
};

/* Trains of a millisecond, with a pause. */
static void plant_open(struct plant *p, uint64_t pause_ns)
{
    struct schedule_plan plan = {SCHEDULE_ON_OFF, 12000, BURST, TRAIN, pause_ns, 0};

    p->options = (struct options){.rate_pps = plan.rate_pps, .burst = BURST, .max_debt_ms = 10};
    p->s = calloc(1, sizeof(*p->s));
    fake_open(&p->fake, IO_WHOLE_FRAMES, 64, BURST);
    p->s->options = &p->options;
    p->s->port = p->fake.port;
    departures_init(&p->s->departures, &p->s->port, 0, false);
    p->s->steady_end = p->s->end = UINT64_MAX / 2;
    CHECK_EQUAL((uint64_t)schedule_init(&p->s->schedule, &plan, HZ), 0);
    trains_init(&p->s->trains, plan.train_packets);
    pacing_begin(&p->s->pacing, 0, HZ, plan.rate_pps, BURST, HZ / 100, &p->s->schedule);
}

static void plant_close(struct plant *p)
{
    schedule_free_offsets(&p->s->schedule);
    fake_close(&p->fake);
    free(p->s);
}

static void send_bursts(struct plant *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_EQUAL((uint64_t)transmit_if_due(p->s, p->s->pacing.next_due), 1);
}

static void test_sent(void)
{
    struct plant p;

    plant_open(&p, 1000000);
    send_bursts(&p, 2 * BURSTS);
    CHECK_EQUAL(p.s->trains.begun, 2);
    CHECK_EQUAL(p.s->trains.whole, 2);

    /* The second burst of the third train is refused in part, once. */
    send_bursts(&p, 1);
    CHECK(transmit_is_in_train(p.s));
    p.fake.takes = 1;
    send_bursts(&p, 1);
    p.fake.takes = BURST;
    send_bursts(&p, 2);
    CHECK(!transmit_is_in_train(p.s));
    CHECK_EQUAL(p.s->trains.begun, 3);
    CHECK_EQUAL(p.s->trains.whole, 2);
    CHECK_EQUAL(p.s->tx.offered, 3 * TRAIN);

    /* So is the first burst of the next, which begins once all the same; the one behind it is whole again. */
    p.fake.takes = 0;
    send_bursts(&p, 2);
    p.fake.takes = BURST;
    send_bursts(&p, 2 * BURSTS);
    CHECK_EQUAL(p.s->trains.begun, 5);
    CHECK_EQUAL(p.s->trains.whole, 3);

    send_bursts(&p, 1);
    CHECK_EQUAL(p.s->trains.begun, 6);
    trains_cut_off(&p.s->trains);
    CHECK_EQUAL(p.s->trains.begun, 5);
    plant_close(&p);
}

/* A sender that was kept from its CPU gives up what is too old: the train it was in is not whole, nor is the one that
 * it comes back in the middle of. */
static void test_given_up(void)
{
    struct plant p;
    uint64_t due;

    plant_open(&p, 500000);
    send_bursts(&p, BURSTS + 1);
    CHECK_EQUAL(p.s->trains.whole, 1);
    due = p.s->pacing.next_due;
    transmit_if_due(p.s, due + 50 * HZ / 1000);
    CHECK(transmit_is_in_train(p.s));
    while (p.s->pacing.next_of_round != 0)
        send_bursts(&p, 1);
    CHECK(p.s->pacing.missed > 0);
    CHECK_EQUAL(p.s->trains.whole, 1);
    send_bursts(&p, BURSTS);
    CHECK_EQUAL(p.s->trains.whole, 2);
    plant_close(&p);
}

static void test_received(void)
{
    struct trains t;
    static const uint64_t lost[] = {3, 9, 11, 12, 40, 41, 59};

    trains_init(&t, 10);
    CHECK_EQUAL(t.last_with_loss, TRAIN_NONE);
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
        trains_count_lost(&t, lost[i]);
    CHECK_EQUAL(t.with_loss, 4);
    CHECK_EQUAL(t.last_with_loss, 5);
}

int main(void)
{
    clock_calibrate();
    test_sent();
    test_given_up();
    test_received();
    return test_end("trains_test");
}
