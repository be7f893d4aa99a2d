/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP sockets through io_uring: the packets of a burst are requests that one call submits, and packets that arrive are
 * completions of one request that stays (multishot), in buffers that the kernel takes from a ring.
 *
 * Each direction has a ring of its own, whose completions are of one kind.
 * docs/decisions/0032-io-uring.md says what that measures, and why nothing is sent without a copy.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frame/packet.h"
#include "../load/clock.h"
#include "netdev.h"
#include "udp_socket.h"
#include "uring_ring.h"

/* Buffers for what arrives, a power of two: few, so that a cache keeps them. Where none is left packets stay in the
 * socket's queue. */
#define RX_BUFFERS 128u
/* How long a packet is tried again for which there was no room, but for one behind it. */
#define HOLE_TRIES_MS 1000

struct uring {
    struct udp_socket socket;
    struct uring_ring tx, rx;
    struct uring_buffers buffers;
    bool armed;                /* the request that receives is with the kernel */
    bool failed[IO_BURST_MAX]; /* of the burst that is being sent */
    uint64_t seen_ticks;
    unsigned lent;
    uint16_t lent_ids[IO_BURST_MAX];
};

static int refused(char *why, size_t why_size, int error)
{
    char disabled = '0';
    FILE *knob = fopen("/proc/sys/kernel/io_uring_disabled", "re");

    if (knob != NULL) {
        if (fread(&disabled, 1, 1, knob) != 1)
            disabled = '0';
        fclose(knob);
    }
    if (error == -EINVAL)
        snprintf(why, why_size, "the kernel's io_uring is too old: use Linux 6.1 or later");
    else if (disabled != '0')
        snprintf(why, why_size, "the kernel keeps io_uring to itself: `sysctl kernel.io_uring_disabled=0`");
    else if (error == -ENOSYS)
        snprintf(why, why_size, "no io_uring here: use Linux 6.1 or later, and allow io_uring_setup(2) by seccomp");
    else
        snprintf(why, why_size, "io_uring_setup(2) is refused (%s): allow it by seccomp and AppArmor",
                 strerror(-error));
    return error;
}

static int uring_probe(char *why, size_t why_size)
{
    struct uring_ring ring;
    int error = udp_socket_probe(why, why_size);

    if (error < 0)
        return error;
    if ((error = uring_ring_open(&ring, 1, 1, -1)) < 0)
        return refused(why, why_size, error);
    uring_ring_close(&ring);
    return 0;
}

/* Requests are written once: each slot has its own, of which but the length ever changes. */
static int open_tx(struct uring *state)
{
    const struct socket_port *sp = &state->socket.sockets;
    int error = uring_ring_open(&state->tx, sp->burst, sp->burst, sp->tx_fd);

    if (error < 0)
        return error;
    for (unsigned i = 0; i < sp->burst; i++)
        state->tx.sqes[i] = (struct io_uring_sqe){
            .opcode = IORING_OP_SEND,
            /* The ring's file 0; only who fails is told about. */
            .flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS,
            .addr = (uint64_t)(uintptr_t)(sp->tx + i * sp->room),
            .msg_flags = MSG_DONTWAIT,
            .user_data = i,
        };
    return 0;
}

static int open_rx(struct uring *state)
{
    const struct socket_port *sp = &state->socket.sockets;

    /* Each completion that waits has a buffer, but for one that says that there was none left. */
    int error = uring_ring_open(&state->rx, 1, 2 * RX_BUFFERS, sp->rx_fd);
    if (error < 0)
        return error;
    state->rx.sqes[0] = (struct io_uring_sqe){
        .opcode = IORING_OP_RECV,
        .flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT,
        .ioprio = IORING_RECV_MULTISHOT,
        .msg_flags = MSG_TRUNC,
    };
    return uring_buffers_open(&state->buffers, &state->rx, RX_BUFFERS, sp->room);
}

static int open_port(struct io_port *port, struct uring *state)
{
    int error = socket_port_init(port, &state->socket.sockets, HEADERS_LEN);

    if (error < 0 || (error = udp_socket_connect(port, &state->socket, UDP_CHECKSUM_NONE)) < 0)
        return error;
    if (port->config.transmits)
        error = open_tx(state);
    if (error == 0 && port->config.receives)
        error = open_rx(state);
    if (error < 0)
        refused(port->error, sizeof(port->error), error);
    return error;
}

static void uring_close(struct io_port *port)
{
    struct uring *state = port->state;

    if (state == NULL)
        return;
    uring_ring_close(&state->tx);
    uring_ring_close(&state->rx);
    uring_buffers_close(&state->buffers);
    udp_socket_close(port);
}

/* Has the kernel hand over what has arrived. 0 or a negative errno, with a text. */
static int receive(struct io_port *port, struct uring *state)
{
    int taken = uring_ring_submit(&state->rx, state->armed ? 0 : 1, IORING_ENTER_GETEVENTS);

    state->seen_ticks = clock_ticks();
    if (taken < 0) {
        errno = -taken;
        int verdict = socket_judge(port, state->socket.sockets.rx_fd, "receive");
        return verdict < 0 ? verdict : 0;
    }
    state->armed = state->armed || taken == 1;
    return 0;
}

static int uring_open(struct io_port *port)
{
    struct uring *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    state->tx = state->rx = URING_RING_NONE;
    port->state = state;
    int error = open_port(port, state);
    if (error < 0) {
        uring_close(port);
        return error;
    }
    if (!port->config.receives)
        return 0;
    port->path = "multishot";
    /* Whoever sleeps may do so before the first look. */
    return receive(port, state);
}

/* Sends a packet that was refused though one behind it was taken: else it would be lost and that one be sent twice. */
static int fill_hole(struct io_port *port, struct uring *state, unsigned i)
{
    struct socket_port *sp = &state->socket.sockets;
    struct pollfd room = {.fd = sp->tx_fd, .events = POLLOUT};

    for (int ms = 0; ms < HOLE_TRIES_MS; ms++) {
        if (send(sp->tx_fd, sp->tx + i * sp->room, sp->vectors[i].iov_len, MSG_DONTWAIT) >= 0)
            return 0;
        int verdict = socket_judge(port, sp->tx_fd, "send");
        if (verdict < 0)
            return verdict;
        if (verdict == 0)
            poll(&room, 1, 1);
    }
    return netdev_fail(port, ENOBUFS, "interface %s has taken no packet for a second: see `tc -s qdisc`",
                       port->config.device);
}

/* What became of n packets that were submitted: how many were sent without a gap, or a negative errno. */
static int settle(struct io_port *port, struct uring *state, unsigned n)
{
    unsigned sent = n;
    int error = 0;

    memset(state->failed, 0, n * sizeof(state->failed[0]));
    for (; uring_ring_ready(&state->tx) > 0; uring_ring_consume(&state->tx)) {
        const struct io_uring_cqe *cqe = uring_ring_first(&state->tx);
        state->failed[cqe->user_data] = true;
        errno = -cqe->res;
        int verdict = socket_judge(port, state->socket.sockets.tx_fd, "send");
        if (verdict < 0)
            error = verdict;
    }
    while (sent > 0 && state->failed[sent - 1])
        sent--;
    if (error < 0)
        return error;
    for (unsigned i = 0; i < sent; i++) {
        if (state->failed[i] && (error = fill_hole(port, state, i)) < 0)
            return error;
    }
    return (int)sent;
}

static int uring_tx_commit(struct io_port *port, unsigned n)
{
    struct uring *state = port->state;
    const struct socket_port *sp = &state->socket.sockets;

    for (unsigned i = 0; i < n; i++)
        state->tx.sqes[i].len = (uint32_t)sp->vectors[i].iov_len;
    int taken = uring_ring_submit(&state->tx, n, 0);
    if (taken < 0) {
        errno = -taken;
        return socket_judge(port, sp->tx_fd, "send") < 0 ? taken : 0;
    }
    return uring_ring_ready(&state->tx) == 0 ? taken : settle(port, state, (unsigned)taken);
}

static void uring_rx_release(struct io_port *port)
{
    struct uring *state = port->state;

    if (state->lent == 0)
        return;
    for (unsigned i = 0; i < state->lent; i++)
        uring_buffers_give(&state->buffers, state->lent_ids[i]);
    uring_buffers_publish(&state->buffers);
    state->lent = 0;
}

/* Takes note of a completion. Whether it brought a packet, or a negative errno with a text. */
static int complete(struct io_port *port, struct uring *state, const struct io_uring_cqe *cqe, struct io_slot *slot)
{
    const uint16_t id = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);

    /* Without buffers the kernel ends the request and leaves packets in the socket's queue. */
    if ((cqe->flags & IORING_CQE_F_MORE) == 0)
        state->armed = false;
    if ((cqe->flags & IORING_CQE_F_BUFFER) != 0)
        state->lent_ids[state->lent++] = id;
    if (cqe->res < 0) {
        errno = -cqe->res;
        int verdict = socket_judge(port, state->socket.sockets.rx_fd, "receive");
        return verdict < 0 ? verdict : 0;
    }
    /* A packet without a payload has no buffer; whoever looks at its length looks no further. */
    *slot = (struct io_slot){
        .data = uring_buffer(&state->buffers, id),
        .len = (uint32_t)cqe->res < state->buffers.room ? (uint32_t)cqe->res : state->buffers.room,
        .seen_ticks = state->seen_ticks,
    };
    return 1;
}

static int uring_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct uring *state = port->state;
    unsigned got = 0;

    uring_rx_release(port);
    int error = uring_ring_ready(&state->rx) == 0 ? receive(port, state) : 0;
    if (error < 0)
        return error;
    for (uint32_t ready = uring_ring_ready(&state->rx); ready > 0 && got < n; ready--) {
        int brought = complete(port, state, uring_ring_first(&state->rx), &slots[got]);
        uring_ring_consume(&state->rx);
        if (brought < 0)
            return brought;
        got += (unsigned)brought;
    }
    /* Nobody may go to sleep over a request that has ended. */
    if (!state->armed && (error = receive(port, state)) < 0 && got == 0)
        return error;
    return (int)got;
}

static void uring_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd)
{
    const struct uring *state = port->state;

    /* poll(2) on a ring is not woken by work that waits for our next call (DEFER_TASKRUN): packets wait in the socket.
     */
    *rx_fd = port->config.receives ? state->socket.sockets.rx_fd : -1;
    *tx_fd = port->config.transmits ? state->socket.sockets.tx_fd : -1;
}

const struct io_ops io_uring = {
    .name = "uring",
    .title = "UDP sockets, io_uring",
    .capabilities = UDP_SOCKET_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = uring_probe,
    .open = uring_open,
    .tx_reserve = socket_tx_reserve,
    .tx_lengths = socket_tx_lengths,
    .tx_commit = uring_tx_commit,
    .rx = uring_rx,
    .rx_release = uring_rx_release,
    .descriptors = uring_descriptors,
    .announce = netdev_announce,
    .stats = udp_socket_stats,
    .close = uring_close,
};
