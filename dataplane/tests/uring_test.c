/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets through io_uring, over a cable between two network namespaces of the test's own: no packet is lost where
 * buffers run out, and none is sent twice or left out where one of a burst was refused. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/io.h"
#include "../io/uring_ring.h"
#include "../load/clock.h"
#include "test.h"

#define BURST 8
#define PACKETS 270 /* more than buffers, and no more than the smallest queue of a socket holds */

#define OUR_MAC "02:00:00:00:00:01"
#define PEER_MAC "02:00:00:00:00:02"

static int ours, peers; /* network namespaces */

static bool run(const char *command)
{
    return system(command) == 0;
}

static int new_namespace(void)
{
    return unshare(CLONE_NEWNET) == 0 ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
}

/* A cable between two namespaces, ours and the peer's. */
static bool lay_cable(void)
{
    char command[256];

    if ((peers = new_namespace()) < 0 || (ours = new_namespace()) < 0)
        return false;
    snprintf(command, sizeof(command),
             "ip link add eth0 address " OUR_MAC " type veth peer name eth0 address " PEER_MAC " netns /proc/%d/fd/%d",
             getpid(), peers);
    return run(command) && run("ip addr add 198.18.0.1/24 dev eth0 && ip link set eth0 up") &&
           setns(peers, CLONE_NEWNET) == 0 &&
           run("ip addr add 198.18.0.2/24 dev eth0 && ip link set eth0 up && "
               "ip neigh add 198.18.0.1 lladdr " OUR_MAC " dev eth0") &&
           setns(ours, CLONE_NEWNET) == 0;
}

/* Four buffers for six packets. */
static void test_buffers_run_out(void)
{
    struct uring_ring ring;
    struct uring_buffers buffers;
    int fds[2];

    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
    CHECK(uring_ring_open(&ring, 1, 8, fds[1]) == 0);
    CHECK(uring_buffers_open(&buffers, &ring, 4, 64) == 0);
    ring.sqes[0] = (struct io_uring_sqe){
        .opcode = IORING_OP_RECV,
        .flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT,
        .ioprio = IORING_RECV_MULTISHOT,
    };
    for (char i = 0; i < 6; i++)
        CHECK(send(fds[0], &i, 1, 0) == 1);
    uint8_t next = 0;
    for (int round = 0; round < 2; round++) {
        CHECK(uring_ring_submit(&ring, 1, IORING_ENTER_GETEVENTS) == 1);
        for (; uring_ring_ready(&ring) > 0; uring_ring_consume(&ring)) {
            const struct io_uring_cqe *cqe = uring_ring_first(&ring);
            const uint16_t id = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
            if (cqe->res != 1)
                continue;
            CHECK_EQUAL(uring_buffer(&buffers, id)[0], next++);
            uring_buffers_give(&buffers, id);
        }
        CHECK_EQUAL(next, round == 0 ? 4 : 6);
        uring_buffers_publish(&buffers);
    }
    uring_ring_close(&ring);
    uring_buffers_close(&buffers);
    close(fds[0]);
    close(fds[1]);
}

static struct io_port port_of(bool transmits)
{
    return (struct io_port){
        .ops = io_find("uring"),
        .config =
            {
                .device = "eth0",
                .local = {.mac = {2, 0, 0, 0, 0, 1}, .ip.s_addr = inet_addr("198.18.0.1"), .udp_port = 4001},
                .peer = {.mac = {2, 0, 0, 0, 0, 2}, .ip.s_addr = inet_addr("198.18.0.2"), .udp_port = 4002},
                .frame_len = 64,
                .burst = BURST,
                .queues = 1,
                .transmits = transmits,
                .receives = !transmits,
            },
    };
}

/* A plain socket of the port's peer. */
static int peer_of(const struct io_port *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_addr = port->config.peer.ip,
        .sin_port = htons(port->config.peer.udp_port),
    };
    CHECK(setns(peers, CLONE_NEWNET) == 0);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(setns(ours, CLONE_NEWNET) == 0);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    at.sin_addr = port->config.local.ip;
    at.sin_port = htons(port->config.local.udp_port);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    return fd;
}

static void test_receives_all_in_order(void)
{
    struct io_port port = port_of(false);
    struct io_slot slots[BURST];
    struct pollfd arrival = {.events = POLLIN};
    uint32_t next = 0;
    int none;

    if (!CHECK(port.ops->open(&port) == 0)) {
        fprintf(stderr, "%s\n", port.error);
        return;
    }
    CHECK(port.path != NULL && strcmp(port.path, "multishot") == 0);
    int peer = peer_of(&port);
    for (uint32_t i = 0; i < PACKETS; i++)
        CHECK(send(peer, &i, sizeof(i), 0) == sizeof(i));
    port.ops->descriptors(&port, &arrival.fd, &none);
    /* It may be slept on before anything was asked for. */
    CHECK(poll(&arrival, 1, 5000) == 1);
    while (next < PACKETS) {
        int got = port.ops->rx(&port, slots, BURST);
        for (int i = 0; i < got; i++, next++) {
            CHECK_EQUAL(slots[i].len, sizeof(next));
            CHECK(memcmp(slots[i].data, &next, sizeof(next)) == 0);
        }
        port.ops->rx_release(&port);
        if (!CHECK(got >= 0) || (got == 0 && !CHECK(poll(&arrival, 1, 5000) == 1)))
            break;
    }
    CHECK_EQUAL((uint64_t)port.ops->rx(&port, slots, BURST), 0);
    close(peer);
    port.ops->close(&port);
    /* Its UDP port is free at once. */
    CHECK(port.ops->open(&port) == 0);
    port.ops->close(&port);
}

static int send_packets(struct io_port *port, unsigned n)
{
    struct io_slot slots[BURST];

    CHECK_EQUAL((uint64_t)port->ops->tx_reserve(port, slots, n), n);
    for (unsigned i = 0; i < n; i++)
        memset(slots[i].data, (int)i, slots[i].len);
    return port->ops->tx_commit(port, n);
}

/* The answer to a packet that nobody listens for has the kernel refuse the next one, and not those behind it. */
static void test_refused_packet_is_sent(void)
{
    struct io_port port = port_of(true);
    struct pollfd answer = {.events = 0}; /* POLLERR is always told */
    struct io_stats stats;
    unsigned seen[BURST] = {0};
    uint8_t packet[64];
    int none;

    if (!CHECK(port.ops->open(&port) == 0)) {
        fprintf(stderr, "%s\n", port.error);
        return;
    }
    CHECK_EQUAL((uint64_t)send_packets(&port, 1), 1);
    port.ops->descriptors(&port, &none, &answer.fd);
    CHECK(poll(&answer, 1, 5000) == 1);
    int peer = peer_of(&port);
    CHECK_EQUAL((uint64_t)send_packets(&port, BURST), BURST);
    port.ops->stats(&port, &stats);
    CHECK_EQUAL(stats.tx_errors, 1);
    struct timeval patience = {.tv_sec = 5};
    CHECK(setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    for (unsigned i = 0; i < BURST; i++) {
        if (!CHECK(recv(peer, packet, sizeof(packet), 0) == 22))
            break;
        seen[packet[0] % BURST]++;
    }
    for (unsigned i = 0; i < BURST; i++)
        CHECK_EQUAL(seen[i], 1);
    close(peer);
    port.ops->close(&port);
}

int main(void)
{
    char why[256];

    clock_calibrate();
    if (io_find("uring")->probe(why, sizeof(why)) < 0) {
        printf("uring_test: skipped: %s\n", why);
        return 0;
    }
    test_buffers_run_out();
    if (lay_cable()) {
        test_receives_all_in_order();
        test_refused_packet_is_sent();
    } else
        printf("uring_test: without ports: no cable between namespaces (run as root)\n");
    return test_end("uring_test");
}
