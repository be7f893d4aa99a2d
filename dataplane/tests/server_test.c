/* SPDX-License-Identifier: Apache-2.0 */
/* The server: what it answers, byte by byte, and what it does when its port takes nothing. */
#include "../frame/headers.h"
#include "../load/clock.h"
#include "../load/session.h"
#include "fake_port.h"
#include "test.h"

#define BURST 6

/* The client's end, whose slots hold what was sent to the server; and the server's, whose slots hold the answers. */
static struct fake_port client, server;
static struct session session;
static struct options options;
static unsigned bursts_to_come, bursts_before_start;

static int rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    unsigned *bursts = session.phase == SESSION_BEFORE ? &bursts_before_start : &bursts_to_come;

    (void)port;
    if (*bursts == 0)
        return 0;
    (*bursts)--;
    for (unsigned i = 0; i < n; i++) {
        slots[i] = client.slots[i];
        slots[i].seen_ticks = clock_ticks();
    }
    return (int)n;
}

static void stats(struct io_port *port, struct io_stats *out)
{
    (void)port;
    *out = (struct io_stats){0, 0};
}

/* Lets a client send one burst and a server that was told to stop drain it. */
static void exchange(unsigned capabilities, uint32_t frame_len, unsigned takes)
{
    static struct departures d;

    fake_open(&client, capabilities, frame_len, BURST);
    departures_init(&d, &client.port, packet_mark(0, 5, false), true);
    uint64_t now = clock_ticks();
    CHECK_EQUAL((uint64_t)departures_send(&d, BURST, now, now, true), BURST);
    client.slots[2].data[client.slots[2].len - 1] ^= 1;
    bursts_before_start = 3;
    bursts_to_come = 1;

    fake_open(&server, capabilities, frame_len, BURST);
    fake_swap_ends(&server);
    server.ops.rx = rx;
    server.ops.stats = stats;
    server.takes = takes;
    memset(&session, 0, sizeof(session));
    options = (struct options){.role = ROLE_SERVER,
                               .frame_len = frame_len,
                               .burst = BURST,
                               .run = 5,
                               .touch_full = true,
                               .duration_ms = 1000,
                               .drain_ms = 5};
    session.options = &options;
    session.port = server.port;
    session.control.start_ns = clock_ns(CLOCK_MONOTONIC);
    session.control.stop = STOP_COMMAND;
    session_prepare(&session);
    CHECK_EQUAL((uint64_t)session_run(&session), 0);

    /* What its port had before the run is nobody's: no copy, and not foreign. */
    CHECK_EQUAL(bursts_before_start, 0);
    CHECK_EQUAL(session.arrivals.packets, BURST);
    CHECK_EQUAL(session.arrivals.foreign + session.arrivals.sequence.duplicated, 0);
    CHECK_EQUAL(session.arrivals.corrupted, 1);
    CHECK_EQUAL(session.tx.intended, BURST - 1);
    CHECK_EQUAL(session.tx.steady_intended, BURST - 1);
    CHECK_EQUAL(session.tx.intended, session.tx.offered + session.tx.not_taken);
    CHECK_EQUAL(session.tx.offered, session.counters.tx_packets);
}

static void end_exchange(void)
{
    fake_close(&client);
    fake_close(&server);
}

/* The client, to which its own packets come back, takes them for what they are: those of its pair and run. */
static void check_client(void)
{
    static struct arrivals arrivals;

    arrivals_init(&arrivals, &client.port, packet_mark(0, 5, false), true);
    CHECK_EQUAL(arrivals_take(&arrivals, server.slots, BURST - 1), BURST - 1);
    CHECK_EQUAL(arrivals_unique(&arrivals), BURST - 1);
    CHECK_EQUAL(arrivals.steady, BURST - 1);
    CHECK_EQUAL(arrivals.corrupted + arrivals.foreign, 0);
}

/* A whole answer is the frame as the server itself would have sent it, with the same payload. */
static void test_answers(unsigned capabilities, uint32_t frame_len)
{
    static const unsigned answered[] = {0, 1, 3, 4, 5};
    uint32_t offset = capabilities & IO_WHOLE_FRAMES ? HEADERS_LEN : 0;
    uint8_t headers[HEADERS_LEN];

    exchange(capabilities, frame_len, BURST);
    CHECK_EQUAL(session.tx.offered, BURST - 1);
    headers_build(headers, &server.port.config.local, &server.port.config.peer, frame_len, true);
    for (unsigned i = 0; i < BURST - 1; i++) {
        const struct io_slot *answer = &server.slots[i], *question = &client.slots[answered[i]];
        CHECK(memcmp(answer->data, headers, offset) == 0);
        CHECK(memcmp(answer->data + offset, question->data + offset, question->len - offset) == 0);
    }
    check_client();
    end_exchange();
}

/* Refused again and again: each try has other packets, but no packet is sent twice or forgotten. */
static void test_slow_port(void)
{
    exchange(IO_WHOLE_FRAMES, 99, 1);
    CHECK_EQUAL(session.tx.offered, BURST - 1);
    CHECK_EQUAL(session.tx.not_taken, 0);
    CHECK_EQUAL(load_u32(server.slots[0].data + HEADERS_LEN + PAYLOAD_SEQUENCE), 5);
    end_exchange();
}

static void test_stuck_port(void)
{
    exchange(IO_WHOLE_FRAMES, 99, 0);
    CHECK_EQUAL(session.tx.offered, 0);
    CHECK_EQUAL(session.tx.not_taken, BURST - 1);
    CHECK_EQUAL(session.tx.steady_offered, 0);
    end_exchange();
}

int main(void)
{
    clock_calibrate();
    for (uint32_t len = FRAME_LEN_MIN; len <= 80; len++) {
        test_answers(IO_WHOLE_FRAMES, len);
        test_answers(0, len);
    }
    test_answers(IO_WHOLE_FRAMES, IO_FRAME_MAX);
    test_slow_port();
    test_stuck_port();
    return test_end("server_test");
}
