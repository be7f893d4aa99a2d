/* SPDX-License-Identifier: Apache-2.0 */
/* When draining ends: not because the thread, or whoever is to answer, was kept from its CPU. */
#include "../load/receive.h"

#include <unistd.h>

#include "fake_port.h"
#include "test.h"

#define BURST 4
#define DRAIN_MS 20
#define EVER 1000

static struct fake_port peer, port;
static struct session session;
static struct options options;
/* A burst comes with the first look that begins so late. */
static uint64_t comes_at;
/* That look loses its CPU for longer than the drain; 1 is the first. */
static unsigned naps_at, looks;

static int rx(struct io_port *p, struct io_slot *slots, unsigned n)
{
    (void)p;
    if (++looks == naps_at) {
        usleep(2 * DRAIN_MS * 1000);
        return 0;
    }
    if (clock_ticks() < comes_at)
        return 0;
    comes_at = UINT64_MAX;
    memcpy(slots, peer.slots, n * sizeof(*slots));
    for (unsigned i = 0; i < n; i++)
        slots[i].seen_ticks = clock_ticks();
    return (int)n;
}

static int step(struct session *s)
{
    return receive_burst(s);
}

/* How many packets are drained where a burst comes after a while, and how long that takes, in ms. */
static uint64_t drain_for(uint64_t drain_ms, uint64_t comes_after_ms, uint64_t expected, uint64_t *took_ms)
{
    static struct departures d;

    fake_open(&peer, 0, 64, BURST);
    departures_init(&d, &peer.port, packet_mark(0, 0, false), true);
    uint64_t now = clock_ticks();
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, now, now, true), BURST);
    fake_open(&port, 0, 64, BURST);
    fake_swap_ends(&port);
    port.ops.rx = rx;
    memset(&session, 0, sizeof(session));
    options = (struct options){.frame_len = 64, .burst = BURST, .touch_full = true, .drain_ms = drain_ms};
    session.options = &options;
    session.port = port.port;
    arrivals_init(&session.arrivals, &session.port, packet_mark(0, 0, false), true);
    arrivals_begin(&session.arrivals, now, 0);
    looks = 0;
    uint64_t begin = clock_ticks();
    comes_at = begin + clock_ns_to_ticks(comes_after_ms * NS_PER_MS);
    CHECK_EQUAL((uint64_t)receive_until_quiet(&session, step, expected), 0);
    *took_ms = clock_ticks_to_ns(clock_ticks() - begin) / NS_PER_MS;
    uint64_t packets = session.arrivals.packets;
    fake_close(&peer);
    fake_close(&port);
    return packets;
}

static uint64_t drain(uint64_t comes_after_ms, uint64_t expected, uint64_t *took_ms)
{
    return drain_for(DRAIN_MS, comes_after_ms, expected, took_ms);
}

int main(void)
{
    uint64_t took_ms;

    clock_calibrate();
    CHECK_EQUAL(drain(EVER, EXPECTED_UNKNOWN, &took_ms), 0);
    CHECK(took_ms >= DRAIN_MS);

    /* It lost its CPU in a look that found nothing; what came meanwhile is there at the next. */
    naps_at = 1;
    CHECK_EQUAL(drain(DRAIN_MS, EXPECTED_UNKNOWN, &took_ms), BURST);
    naps_at = 0;

    /* An answer that is owed may be late, but is not waited for for ever. */
    CHECK_EQUAL(drain(2 * DRAIN_MS, BURST, &took_ms), BURST);
    CHECK_EQUAL(drain(EVER, BURST, &took_ms), 0);
    CHECK(took_ms >= 4 * DRAIN_MS);
    /* Who is not to wait looks once, whatever is owed. */
    CHECK_EQUAL(drain_for(0, 0, 2 * BURST, &took_ms), BURST);
    CHECK_EQUAL(looks, 1);
    return test_end("drain_test");
}
