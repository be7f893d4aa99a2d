/* SPDX-License-Identifier: Apache-2.0 */
/* wait=block: what wakes a sleeper, what does not, and that a role that sleeps uses no CPU time and loses no packet. */
#include "../load/sleep.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../load/clock.h"
#include "fake_port.h"
#include "test.h"

#define BURST 4
/* Long for a computer, short for whoever waits for the test. */
#define PAUSE_NS (50 * NS_PER_MS)
/* Twenty bursts in PAUSE_NS. */
#define REFUSED_PPS (20 * BURST * NS_PER_SECOND / PAUSE_NS)
/* Whoever polls for that long uses the whole of it. */
#define CPU_MAX_NS (PAUSE_NS / 5)

static struct fake_port client, port;
static struct session session;
static struct options options;
/* Its port: readable while there is a burst, writable unless it is full. */
static int rx_fd, tx_fd;

static void descriptors(const struct io_port *p, int *rx, int *tx)
{
    (void)p;
    *rx = rx_fd;
    *tx = tx_fd;
}

static int rx(struct io_port *p, struct io_slot *slots, unsigned n)
{
    eventfd_t bursts;

    (void)p;
    if (eventfd_read(rx_fd, &bursts) != 0)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        slots[i] = client.slots[i];
        slots[i].seen_ticks = clock_ticks();
    }
    return (int)n;
}

static void stats(struct io_port *p, struct io_stats *out)
{
    (void)p;
    *out = (struct io_stats){0, 0};
}

static void set_up(enum role role, uint64_t rate_pps)
{
    static struct departures d;

    rx_fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
    tx_fd = eventfd(0, EFD_NONBLOCK);
    fake_open(&client, 0, 64, BURST);
    departures_init(&d, &client.port, packet_mark(0, 0, false), true);
    uint64_t now = clock_ticks();
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, now, now, true), BURST);
    fake_open(&port, 0, 64, BURST);
    fake_swap_ends(&port);
    port.ops.rx = rx;
    port.ops.stats = stats;
    port.ops.descriptors = descriptors;
    memset(&session, 0, sizeof(session));
    options = (struct options){.role = role,
                               .wait = WAIT_BLOCK,
                               .rate_pps = rate_pps,
                               .frame_len = 64,
                               .burst = BURST,
                               .touch_full = true,
                               .duration_ms = PAUSE_NS / NS_PER_MS,
                               .max_debt_ms = 1000,
                               .drain_ms = 5};
    session.options = &options;
    session.port = port.port;
    session.rx_fd = rx_fd;
    session.tx_fd = tx_fd;
    session.control.stop_fd = eventfd(0, EFD_NONBLOCK);
    session.control.start_ns = clock_ns(CLOCK_MONOTONIC);
    session_prepare(&session);
}

static void tear_down(void)
{
    fake_close(&client);
    fake_close(&port);
    close(rx_fd);
    close(tx_fd);
    close(session.control.stop_fd);
}

/* How long a sleep of PAUSE_NS took. */
static uint64_t sleep_ns(unsigned wake_by)
{
    uint64_t begin = clock_ticks();

    sleep_until(&session, begin + clock_ns_to_ticks(PAUSE_NS), wake_by);
    return clock_ticks_to_ns(clock_ticks() - begin);
}

static void test_wakers(void)
{
    set_up(ROLE_RECEIVER, 0);
    CHECK(sleep_ns(WAKE_BY_PACKET | WAKE_BY_STOP) >= PAUSE_NS - NS_PER_MS);
    eventfd_write(rx_fd, 1);
    CHECK(sleep_ns(WAKE_BY_PACKET) < PAUSE_NS);
    CHECK(sleep_ns(WAKE_BY_STOP) >= PAUSE_NS - NS_PER_MS);
    CHECK(sleep_ns(WAKE_BY_ROOM) < PAUSE_NS);
    eventfd_write(session.control.stop_fd, 1);
    CHECK(sleep_ns(WAKE_BY_STOP) < PAUSE_NS);
    sleep_until(&session, SLEEP_FOREVER, WAKE_BY_STOP);
    sleep_until(&session, clock_ticks() - 1, 0);
    tear_down();
}

/* Sends three bursts, PAUSE_NS / 3 apart, and then stops the run. */
static void *talk(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        usleep(PAUSE_NS / 3000);
        eventfd_write(rx_fd, 1);
    }
    usleep(PAUSE_NS / 3000);
    __atomic_store_n(&session.control.stop, STOP_COMMAND, __ATOMIC_RELAXED);
    eventfd_write(session.control.stop_fd, 1);
    return NULL;
}

static void test_sink(enum role role)
{
    pthread_t thread;

    set_up(role, 0);
    CHECK(pthread_create(&thread, NULL, talk, NULL) == 0);
    CHECK_EQUAL((uint64_t)session_run(&session), 0);
    pthread_join(thread, NULL);
    CHECK_EQUAL(session.arrivals.packets, 3 * BURST);
    CHECK(session.usage.cpu_ns < CPU_MAX_NS);
    CHECK(session.counters.polls <= 16);
    if (role == ROLE_SERVER)
        CHECK_EQUAL(session.tx.offered, 3 * BURST);
    tear_down();
}

/* Ten bursts in PAUSE_NS. */
static void test_source(enum role role)
{
    set_up(role, 10 * BURST * NS_PER_SECOND / PAUSE_NS);
    CHECK_EQUAL((uint64_t)session_run(&session), 0);
    CHECK_EQUAL(session.tx.intended, 10 * BURST);
    /* A machine that is busy may wake it too late for some, and says so. */
    CHECK_EQUAL(session.tx.offered + session.tx.missed, 10 * BURST);
    CHECK(session.tx.offered > BURST);
    CHECK(session.usage.cpu_ns < CPU_MAX_NS);
    tear_down();
}

/* A port that takes nothing and is never writable: the sender sleeps until the end. On schedule, it wakes up to give up
 * a burst that is too old. */
static void test_refused(enum role role, uint64_t rate_pps)
{
    set_up(role, rate_pps);
    options.max_debt_ms = 5;
    port.takes = 0;
    eventfd_write(tx_fd, UINT64_MAX - 1);
    CHECK_EQUAL((uint64_t)session_run(&session), 0);
    CHECK_EQUAL(session.tx.offered, 0);
    CHECK_EQUAL(session.tx.intended, session.tx.not_taken + session.tx.missed);
    CHECK_EQUAL(session.tx.steady_intended, session.tx.intended);
    CHECK_EQUAL(session.tx.intended, rate_pps * PAUSE_NS / NS_PER_SECOND);
    CHECK(session.usage.cpu_ns < CPU_MAX_NS);
    tear_down();
}

static void *stop_when_sent(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&session.has_sent, __ATOMIC_RELAXED))
        usleep(1000);
    eventfd_write(rx_fd, 1);
    usleep(PAUSE_NS / 3000);
    control_stop(&session.control, STOP_COMMAND);
    return NULL;
}

/* One that has sent its ten bursts sleeps on until it is stopped, and takes what comes meanwhile. */
static void test_peer(void)
{
    pthread_t thread;

    set_up(ROLE_PEER, 10 * BURST * NS_PER_SECOND / PAUSE_NS);
    session.control.send = session.control.news = true;
    session.control.send_ns = session.control.start_ns + PAUSE_NS / 10;
    CHECK(pthread_create(&thread, NULL, stop_when_sent, NULL) == 0);
    CHECK_EQUAL((uint64_t)session_run(&session), 0);
    pthread_join(thread, NULL);
    CHECK_EQUAL(session.tx.intended, 10 * BURST);
    CHECK_EQUAL(session.tx.offered + session.tx.missed, 10 * BURST);
    CHECK_EQUAL(session.arrivals.packets, BURST);
    CHECK(session.usage.cpu_ns < CPU_MAX_NS);
    tear_down();
}

int main(void)
{
    clock_calibrate();
    test_wakers();
    test_sink(ROLE_RECEIVER);
    test_sink(ROLE_SERVER);
    test_source(ROLE_SENDER);
    test_source(ROLE_CLIENT);
    test_refused(ROLE_SENDER, 0);
    test_refused(ROLE_CLIENT, 0);
    test_refused(ROLE_SENDER, REFUSED_PPS);
    test_refused(ROLE_CLIENT, REFUSED_PPS);
    test_peer();
    return test_end("sleep_test");
}
