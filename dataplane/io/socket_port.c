/* SPDX-License-Identifier: Apache-2.0 */
#include "socket_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netdev.h"

#define RX_PAUSE_MAX_NS 10000
/* A pause that would find fewer packets than this is not worth the delay. */
#define RX_PAUSE_MIN_PACKETS 2
/* The weight of the newest spacing in the running mean is one to this. */
#define RX_SPACING_WEIGHT 8

/* One packet of len bytes a message. */
static void describe(const struct socket_port *sp, uint8_t *packets, struct mmsghdr *messages, struct iovec *vectors,
                     size_t len)
{
    for (unsigned i = 0; i < sp->burst; i++) {
        vectors[i] = (struct iovec){.iov_base = packets + i * sp->room, .iov_len = len};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
}

/* Only who receives and nothing else: round trips are not to be touched. Whoever sleeps is woken by the first packet,
 * and not to be sent back to sleep over it. Half of a small burst would never be worth a pause. */
static bool socket_port_moderates(const struct io_port *port)
{
    const struct io_config *c = &port->config;
    bool has_it = port->ops->rx == socket_rx_each || port->ops->rx == socket_rx_burst;

    return has_it && c->rx_moderation && c->receives && !c->transmits && !c->blocks &&
           c->burst / 2 >= RX_PAUSE_MIN_PACKETS;
}

int socket_port_init(struct io_port *port, struct socket_port *sp, uint32_t payload_offset)
{
    const struct io_config *c = &port->config;
    size_t n = c->burst;

    *sp = (struct socket_port){
        .tx_fd = -1,
        .rx_fd = -1,
        .burst = c->burst,
        .tx_len = c->frame_len - payload_offset,
        .room = io_packet_room(c->frame_len),
    };
    sp->tx = aligned_alloc(64, n * sp->room);
    sp->rx = aligned_alloc(64, n * sp->room);
    sp->tx_messages = calloc(n, sizeof(*sp->tx_messages));
    sp->rx_messages = calloc(n, sizeof(*sp->rx_messages));
    sp->vectors = calloc(2 * n, sizeof(*sp->vectors));
    if (sp->tx == NULL || sp->rx == NULL || sp->tx_messages == NULL || sp->rx_messages == NULL || sp->vectors == NULL)
        return netdev_fail(port, ENOMEM, "no memory for a burst of %u packets: ask for a smaller burst", c->burst);

    memset(sp->tx, 0, n * sp->room);
    memset(sp->rx, 0, n * sp->room);
    describe(sp, sp->tx, sp->tx_messages, sp->vectors, sp->tx_len);
    describe(sp, sp->rx, sp->rx_messages, sp->vectors + n, sp->room);
    port->rx_moderation = socket_port_moderates(port);
    if (port->rx_moderation)
        sp->moderation = (struct rx_moderation){
            .pause_max = clock_ns_to_ticks(RX_PAUSE_MAX_NS),
            .half_burst = c->burst / 2,
        };
    return 0;
}

void socket_port_fini(struct socket_port *sp)
{
    if (sp->tx_fd >= 0)
        close(sp->tx_fd);
    if (sp->rx_fd >= 0 && sp->rx_fd != sp->tx_fd)
        close(sp->rx_fd);
    free(sp->tx);
    free(sp->rx);
    free(sp->tx_messages);
    free(sp->rx_messages);
    free(sp->vectors);
}

/* ICMP errors wait in the error queue besides; nobody reads what they are about. */
static void drop_error_queue(int fd)
{
    char byte;

    while (recv(fd, &byte, sizeof(byte), MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
        ;
}

int socket_judge(struct io_port *port, int fd, const char *what)
{
    struct socket_port *sp = port->state;
    int error = errno;

    if (error != ECONNREFUSED)
        return netdev_judge(port, error, what);
    /* The peer is not there yet: the answer to an earlier packet, for which this one was held back. */
    sp->tx_errors++;
    drop_error_queue(fd);
    return 1;
}

int socket_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct socket_port *sp = port->state;
    const size_t room = sp->room;
    uint8_t *packet = sp->tx;

    if (n > sp->burst)
        n = sp->burst;
    for (unsigned i = 0; i < n; i++, packet += room) {
        slots[i].data = packet;
        slots[i].len = sp->tx_len;
    }
    return (int)n;
}

void socket_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct socket_port *sp = port->state;

    for (unsigned i = 0; i < n; i++)
        sp->vectors[i].iov_len = slots[i].len;
}

int socket_tx_each(struct io_port *port, unsigned n)
{
    const struct socket_port *sp = port->state;
    const int fd = sp->tx_fd;
    unsigned sent = 0;

    while (sent < n) {
        if (send(fd, sp->tx + sent * sp->room, sp->vectors[sent].iov_len, MSG_DONTWAIT) >= 0) {
            sent++;
            continue;
        }
        int verdict = socket_judge(port, fd, "send");
        if (verdict < 1)
            return sent > 0 ? (int)sent : verdict;
    }
    return (int)sent;
}

int socket_tx_burst(struct io_port *port, unsigned n)
{
    const struct socket_port *sp = port->state;
    const int fd = sp->tx_fd;
    unsigned sent = 0;

    /* The kernel tells why it stopped half way only to whoever calls again. */
    while (sent < n) {
        int more = sendmmsg(fd, sp->tx_messages + sent, n - sent, MSG_DONTWAIT);
        if (more > 0) {
            sent += (unsigned)more;
            continue;
        }
        int verdict = socket_judge(port, fd, "send");
        if (verdict < 1)
            return sent > 0 ? (int)sent : verdict;
    }
    return (int)sent;
}

static inline bool rx_is_paused(const struct rx_moderation *m)
{
    return m->resume_ticks != 0 && clock_ticks() < m->resume_ticks;
}

/* To be called when the queue turned out to hold fewer packets than were asked for. */
static inline void rx_emptied(struct rx_moderation *m, unsigned packets, uint64_t now)
{
    if (m->pause_max == 0)
        return;
    if (packets > 0) {
        uint64_t spacing = (now - m->last_ticks) / packets;
        /* Limited, so that a long silence is soon forgotten. */
        if (spacing > 2 * m->pause_max)
            spacing = 2 * m->pause_max;
        m->spacing = (m->spacing * (RX_SPACING_WEIGHT - 1) + spacing) / RX_SPACING_WEIGHT;
        m->last_ticks = now;
    }
    uint64_t pause = m->spacing * m->half_burst;
    if (pause > m->pause_max)
        pause = m->pause_max;
    m->resume_ticks = pause >= m->spacing * RX_PAUSE_MIN_PACKETS ? now + pause : 0;
}

static inline void rx_filled(struct rx_moderation *m, unsigned packets, uint64_t now)
{
    rx_emptied(m, packets, now);
    m->resume_ticks = 0;
}

/* The real length, but never more than a slot holds: whoever compares it with the configured one finds it too long. */
static inline uint32_t clamp_len(size_t len, size_t room)
{
    return (uint32_t)(len < room ? len : room);
}

int socket_rx_each(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct socket_port *sp = port->state;
    const int fd = sp->rx_fd;
    const size_t room = sp->room;
    unsigned got = 0;

    if (rx_is_paused(&sp->moderation))
        return 0;
    if (n > sp->burst)
        n = sp->burst;
    while (got < n) {
        uint8_t *packet = sp->rx + got * room;
        ssize_t len = recv(fd, packet, room, MSG_DONTWAIT | MSG_TRUNC);
        if (len >= 0) {
            slots[got++] =
                (struct io_slot){.data = packet, .len = clamp_len((size_t)len, room), .seen_ticks = clock_ticks()};
            continue;
        }
        int verdict = socket_judge(port, fd, "receive");
        if (verdict == 1)
            continue;
        if (verdict < 0 && got == 0)
            return verdict;
        rx_emptied(&sp->moderation, got, clock_ticks());
        return (int)got;
    }
    rx_filled(&sp->moderation, got, clock_ticks());
    return (int)got;
}

int socket_rx_burst(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct socket_port *sp = port->state;
    const int fd = sp->rx_fd;
    const size_t room = sp->room;
    int got;

    if (rx_is_paused(&sp->moderation))
        return 0;
    if (n > sp->burst)
        n = sp->burst;
    while ((got = recvmmsg(fd, sp->rx_messages, n, MSG_DONTWAIT | MSG_TRUNC, NULL)) < 0) {
        int verdict = socket_judge(port, fd, "receive");
        if (verdict < 0)
            return verdict;
        if (verdict == 0) {
            got = 0;
            break;
        }
    }
    uint64_t now = clock_ticks();
    for (int i = 0; i < got; i++)
        slots[i] = (struct io_slot){
            .data = sp->rx + (size_t)i * room,
            .len = clamp_len(sp->rx_messages[i].msg_len, room),
            .seen_ticks = now,
        };
    if ((unsigned)got < n)
        rx_emptied(&sp->moderation, (unsigned)got, now);
    else
        rx_filled(&sp->moderation, (unsigned)got, now);
    return got;
}

void socket_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd)
{
    const struct socket_port *sp = port->state;

    *rx_fd = sp->rx_fd;
    *tx_fd = sp->tx_fd;
}
