/* SPDX-License-Identifier: Apache-2.0 */
/* Who moderates how it receives from a socket, and that it then leaves the queue alone for a time, and else never. */
#include "../io/socket_port.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#define BURST 64

static struct socket_port sockets;
static struct io_ops ops;
static struct io_port port;

/* A port with a burst of packets of 22 bytes, both ends of which are ours. Whether it moderates. */
static bool set_up(struct io_config config)
{
    int fds[2];

    memset(&port, 0, sizeof(port));
    config.device = "";
    config.frame_len = 64;
    port.ops = &ops;
    port.config = config;
    port.state = &sockets;
    CHECK_EQUAL((uint64_t)socket_port_init(&port, &sockets, 42), 0);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) == 0);
    sockets.tx_fd = fds[0];
    sockets.rx_fd = fds[1];
    return port.rx_moderation;
}

/* Packets by twos, between which the queue is empty: whether a look at them is put off. */
static bool pauses(void)
{
    static struct io_slot slots[BURST];
    uint8_t packet[22] = {0};
    bool paused = false;

    for (int i = 0; i < 1000 && !paused; i++) {
        for (int n = 0; n < 2; n++)
            CHECK(send(sockets.tx_fd, packet, sizeof(packet), 0) == sizeof(packet));
        int got = ops.rx(&port, slots, BURST);
        CHECK(got >= 0);
        paused = got == 0;
        /* Nothing is held back for ever. */
        while (got < 2)
            got += ops.rx(&port, slots, BURST);
    }
    return paused;
}

static void test_rx(int (*rx)(struct io_port *p, struct io_slot *slots, unsigned n))
{
    const struct io_config receiver = {.burst = BURST, .receives = true, .rx_moderation = true};
    struct io_config other;

    ops.rx = rx;
    CHECK(set_up(receiver));
    /* So long that the slowest machine sends faster. */
    sockets.moderation.pause_max = clock_ns_to_ticks(10 * NS_PER_MS);
    CHECK(pauses());
    socket_port_fini(&sockets);

    other = receiver;
    other.rx_moderation = false;
    CHECK(!set_up(other));
    CHECK(!pauses());
    socket_port_fini(&sockets);

    other = receiver;
    other.transmits = true;
    CHECK(!set_up(other));
    socket_port_fini(&sockets);

    other = receiver;
    other.blocks = true;
    CHECK(!set_up(other));
    socket_port_fini(&sockets);

    other = receiver;
    other.burst = 3;
    CHECK(!set_up(other));
    socket_port_fini(&sockets);
    other.burst = 4;
    CHECK(set_up(other));
    socket_port_fini(&sockets);
}

static int rx_of_its_own(struct io_port *p, struct io_slot *slots, unsigned n)
{
    (void)p;
    (void)slots;
    (void)n;
    return 0;
}

int main(void)
{
    clock_calibrate();
    test_rx(socket_rx_each);
    test_rx(socket_rx_burst);
    ops.rx = rx_of_its_own;
    CHECK(!set_up((struct io_config){.burst = BURST, .receives = true, .rx_moderation = true}));
    socket_port_fini(&sockets);
    return test_end("socket_port_test");
}
