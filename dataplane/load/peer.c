/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer: one of two ends that both send. It receives from the start on, and sends when it is told to, so that it
 * misses nothing of a peer that begins earlier; when it has sent everything it goes on receiving until it is stopped.
 */
#include "receive.h"
#include "sleep.h"
#include "transmit.h"

/* A command that comes while it only receives wakes no sleeper, but to stop: it looks so often. */
#define NAP_NS NS_PER_MS

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int step(struct session *s)
{
    return receive_burst(s);
}

/* Receives until an instant, or until there is news. 0 or a negative errno. */
static int listen_until(struct session *s, uint64_t until)
{
    enum wait_way wait = s->options->wait;

    for (;;) {
        uint64_t now = clock_ticks();
        if (now >= until || control_has_news(&s->control))
            return 0;
        int n = receive_burst(s);
        if (n < 0)
            return n;
        if (n == 0 && wait == WAIT_YIELD)
            sched_yield();
        if (n == 0 && wait == WAIT_BLOCK)
            sleep_until(s, earlier(until, now + clock_ns_to_ticks(NAP_NS)), WAKE_BY_PACKET | WAKE_BY_STOP);
    }
}

/* Receives until the time has come to send. 1, or 0 where the run is stopped before, or a negative errno. */
static int listen_until_sending(struct session *s)
{
    uint64_t send_ns, ignored;
    bool told = false;

    for (;;) {
        int error = listen_until(s, told ? s->begin : SLEEP_FOREVER);
        if (error < 0)
            return error;
        if (control_stopped_by(&s->control) != STOP_NONE)
            return 0;
        if (control_take_send(&s->control, &send_ns)) {
            session_send_from(s, send_ns);
            told = true;
        } else if (told && clock_ticks() >= s->begin)
            return 1;
        else
            control_take_measure(&s->control, &ignored);
    }
}

ALWAYS_INLINE int run(struct session *s, const bool paced, const enum wait_way wait)
{
    uint64_t turn_end = TURN_PACKETS;

    while (LIKELY(!control_has_news(&s->control)) || session_heeds_news(s)) {
        uint64_t now = clock_ticks();
        if (transmit_is_over(s, now, paced))
            break;

        uint64_t offered = s->tx.offered;
        int done = paced ? transmit_if_due(s, now) : transmit_at_once(s, now);
        if (UNLIKELY(done < 0))
            return done;
        int received = receive_burst(s);
        if (UNLIKELY(received < 0))
            return received;
        bool idle = received == 0 && s->tx.offered == offered;
        if (wait == WAIT_YIELD && (idle || (s->tx.offered >= turn_end && !transmit_is_in_train(s)))) {
            sched_yield();
            turn_end = s->tx.offered + TURN_PACKETS;
        } else if (wait == WAIT_BLOCK && paced && received == 0)
            sleep_until(s, transmit_wake_at(s), transmit_wakers(s) | WAKE_BY_PACKET);
        else if (wait == WAIT_BLOCK && !paced && idle)
            sleep_until(s, s->end, WAKE_BY_PACKET | WAKE_BY_ROOM | WAKE_BY_STOP);
    }
    return 0;
}

/* A loop for each way to pace and to wait, with no test of them inside. */
static int run_as_told(struct session *s, bool paced)
{
    switch (s->options->wait) {
    case WAIT_YIELD:
        return paced ? run(s, true, WAIT_YIELD) : run(s, false, WAIT_YIELD);
    case WAIT_BLOCK:
        return paced ? run(s, true, WAIT_BLOCK) : run(s, false, WAIT_BLOCK);
    default:
        return paced ? run(s, true, WAIT_POLL) : run(s, false, WAIT_POLL);
    }
}

/* Receives on until the run is stopped; a command to measure comes too late. */
static int listen_until_stopped(struct session *s)
{
    uint64_t ignored;
    int error = 0;

    while (error == 0 && control_stopped_by(&s->control) == STOP_NONE) {
        error = listen_until(s, SLEEP_FOREVER);
        control_take_measure(&s->control, &ignored);
    }
    return error;
}

int peer_run(struct session *s)
{
    int error = listen_until_sending(s);

    if (error > 0) {
        error = run_as_told(s, s->options->rate_pps > 0);
        transmit_end(s, clock_ticks());
        session_has_sent(s);
        if (error == 0)
            error = listen_until_stopped(s);
    } else
        s->tx.ended_ns = clock_ns(CLOCK_MONOTONIC);
    return error < 0 ? error : receive_until_quiet(s, step, EXPECTED_UNKNOWN);
}
