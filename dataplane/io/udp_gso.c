/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP sockets with segmentation offload: the datagrams of a burst cross the kernel's stack and a virtual switch as one
 * super-packet, which is cut up only by a device that cannot take it whole, and handed over whole by UDP_GRO.
 *
 * docs/decisions/0005-udp-gso.md says what that measures, and what it does not.
 */
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frame/packet.h"
#include "netdev.h"
#include "super_packet.h"
#include "udp_socket.h"

/* A device takes a frame whole if it is shorter than this (gso_max_size of ip-link(8), its default); longer ones the
 * kernel cuts up in front of it. An IPv4 packet holds 14 bytes more. */
#define SUPER_FRAME_LIMIT 65536u
#define SUPER_PAYLOAD_MAX (SUPER_FRAME_LIMIT - 1 - HEADERS_LEN)

/* Room for whatever an IPv4 packet can hold, an odd number of cache lines apart, so that the first datagrams of
 * super-packets do not share the sets of a cache. */
#define RX_ROOM (65536u + 64)

/* Datagrams in one send, if nothing tells otherwise: UDP_MAX_SEGMENTS, which no header for programs has. It was 64
 * when UDP_SEGMENT came and is 128 in newer kernels. */
#define SEGMENTS_SAFE 64u

/* Calls of the largest burst: IO_BURST_MAX packets, SEGMENTS_SAFE or what fits into SUPER_PAYLOAD_MAX at a time. */
#define RX_MESSAGES_MAX (IO_BURST_MAX / (SUPER_PAYLOAD_MAX / (IO_FRAME_MAX - HEADERS_LEN)) + 1)
_Static_assert(RX_MESSAGES_MAX >= IO_BURST_MAX / SEGMENTS_SAFE, "room for a burst of small packets");

/* Room for the one control message that UDP_GRO adds. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
};

struct udp_gso {
    struct udp_socket socket;
    unsigned segments; /* datagrams in a send, at most */
    unsigned messages; /* receive calls that bring a burst */
    /* What the last receive call brought; those before `next` are lent. */
    unsigned found, next;
    uint64_t seen_ticks;
    struct super_packet supers[RX_MESSAGES_MAX];
    union control controls[RX_MESSAGES_MAX];
};

static int udp_gso_probe(char *why, size_t why_size)
{
    static const struct {
        int option;
        const char *missing;
    } needed[] = {{UDP_SEGMENT, "UDP_SEGMENT: use Linux 4.18 or later"}, {UDP_GRO, "UDP_GRO: use Linux 5.0 or later"}};
    const int value = 1;
    int error = udp_socket_probe(why, why_size);

    if (error < 0)
        return error;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]) && error == 0; i++) {
        if (setsockopt(fd, SOL_UDP, needed[i].option, &value, sizeof(value)) != 0) {
            error = -errno;
            snprintf(why, why_size, "the kernel has no %s", needed[i].missing);
        }
    }
    close(fd);
    return error;
}

/* Whether a socket that is connected to itself may send so many datagrams at once, of a byte each. */
static bool takes_segments(int fd, unsigned n)
{
    static const uint8_t bytes[IO_BURST_MAX];

    return send(fd, bytes, n, MSG_DONTWAIT) >= 0 || errno != EINVAL;
}

/* Asks the kernel how many datagrams a send may carry, through a socket that talks to itself: on no interface but lo,
 * whether that is up or not. */
static unsigned learn_segments(const struct io_port *port)
{
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr = port->config.local.ip};
    socklen_t size = sizeof(self);
    const int one = 1;
    unsigned segments = IO_BURST_MAX;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return SEGMENTS_SAFE;
    if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &one, sizeof(one)) != 0 || bind(fd, (struct sockaddr *)&self, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&self, &size) != 0 || connect(fd, (struct sockaddr *)&self, size) != 0)
        segments = SEGMENTS_SAFE;
    while (segments > SEGMENTS_SAFE && !takes_segments(fd, segments))
        segments /= 2;
    close(fd);
    return segments;
}

/* Memory for a burst, of which the packets to send lie without a gap. */
static int allocate(struct io_port *port, struct udp_gso *gso)
{
    struct socket_port *sp = &gso->socket.sockets;
    const size_t rx_bytes = (size_t)gso->messages * RX_ROOM;

    sp->tx = calloc(sp->burst, sp->tx_len);
    sp->rx = aligned_alloc(64, rx_bytes);
    sp->rx_messages = calloc(gso->messages, sizeof(*sp->rx_messages));
    sp->vectors = calloc(gso->messages, sizeof(*sp->vectors));
    if (sp->tx == NULL || sp->rx == NULL || sp->rx_messages == NULL || sp->vectors == NULL)
        return netdev_fail(port, ENOMEM, "no memory for a burst of %u packets: ask for a smaller burst", sp->burst);

    /* Written to now, page by page, and not when the first packet arrives. */
    memset(sp->rx, 0, rx_bytes);
    for (unsigned i = 0; i < gso->messages; i++) {
        sp->vectors[i] = (struct iovec){.iov_base = sp->rx + (size_t)i * RX_ROOM, .iov_len = RX_ROOM};
        sp->rx_messages[i].msg_hdr = (struct msghdr){
            .msg_iov = &sp->vectors[i],
            .msg_iovlen = 1,
            .msg_control = &gso->controls[i],
        };
    }
    return 0;
}

static int open_port(struct io_port *port, struct udp_gso *gso)
{
    const struct io_config *c = &port->config;
    const int payload = (int)(c->frame_len - HEADERS_LEN), on = 1;
    struct socket_port *sp = &gso->socket.sockets;

    *sp = (struct socket_port){.tx_fd = -1, .rx_fd = -1, .burst = c->burst, .tx_len = (uint32_t)payload};
    /* A send of several datagrams without a checksum is refused by the kernel. */
    int error = udp_socket_connect(port, &gso->socket, UDP_CHECKSUM_OFFLOADED);
    if (error < 0)
        return error;
    if (setsockopt(sp->tx_fd, SOL_UDP, UDP_SEGMENT, &payload, sizeof(payload)) != 0 ||
        setsockopt(sp->rx_fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) != 0)
        return netdev_fail(port, errno, "cannot turn segmentation offload on (%s): use udp-mmsg", strerror(errno));
    gso->segments = learn_segments(port);
    if (gso->segments > SUPER_PAYLOAD_MAX / sp->tx_len)
        gso->segments = SUPER_PAYLOAD_MAX / sp->tx_len;
    gso->messages = (sp->burst + gso->segments - 1) / gso->segments;
    return allocate(port, gso);
}

static int udp_gso_open(struct io_port *port)
{
    struct udp_gso *gso = calloc(1, sizeof(*gso));

    if (gso == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    port->state = gso;
    int error = open_port(port, gso);
    if (error < 0)
        udp_socket_close(port);
    return error;
}

static int udp_gso_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct udp_gso *gso = port->state;
    const uint32_t len = gso->socket.sockets.tx_len;
    uint8_t *packet = gso->socket.sockets.tx;

    if (n > gso->socket.sockets.burst)
        n = gso->socket.sockets.burst;
    for (unsigned i = 0; i < n; i++, packet += len) {
        slots[i].data = packet;
        slots[i].len = len;
    }
    return (int)n;
}

static int udp_gso_tx_commit(struct io_port *port, unsigned n)
{
    const struct udp_gso *gso = port->state;
    const struct socket_port *sp = &gso->socket.sockets;
    unsigned sent = 0;

    while (sent < n) {
        unsigned datagrams = n - sent < gso->segments ? n - sent : gso->segments;
        if (send(sp->tx_fd, sp->tx + (size_t)sent * sp->tx_len, (size_t)datagrams * sp->tx_len, MSG_DONTWAIT) >= 0) {
            sent += datagrams;
            continue;
        }
        if (errno == EIO) /* before Linux 6.11 */
            return netdev_fail(port, EIO, "%s cannot segment without checksum offload: `ethtool -K %s tx on`",
                               port->config.device, port->config.device);
        int verdict = socket_judge(port, sp->tx_fd, "send");
        if (verdict < 1)
            return sent > 0 ? (int)sent : verdict;
    }
    return (int)sent;
}

/* The size of the datagrams in a message; 0 where it has only one. */
static uint32_t segment_of(struct msghdr *message)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(message);
    int segment;

    if (c == NULL || c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
        return 0;
    memcpy(&segment, CMSG_DATA(c), sizeof(segment));
    return segment > 0 ? (uint32_t)segment : 0;
}

/* Asks the kernel for a burst. How many messages it had, or a negative errno. */
static int receive(struct io_port *port, struct udp_gso *gso)
{
    struct socket_port *sp = &gso->socket.sockets;
    int got;

    for (unsigned i = 0; i < gso->messages; i++)
        sp->rx_messages[i].msg_hdr.msg_controllen = sizeof(gso->controls[i]);
    while ((got = recvmmsg(sp->rx_fd, sp->rx_messages, gso->messages, MSG_DONTWAIT | MSG_TRUNC, NULL)) < 0) {
        int verdict = socket_judge(port, sp->rx_fd, "receive");
        if (verdict < 1)
            return verdict;
    }
    gso->seen_ticks = clock_ticks();
    for (int i = 0; i < got; i++)
        gso->supers[i] = super_packet_of(sp->vectors[i].iov_base, sp->rx_messages[i].msg_len, RX_ROOM,
                                         segment_of(&sp->rx_messages[i].msg_hdr));
    gso->found = (unsigned)got;
    gso->next = 0;
    return got;
}

static int udp_gso_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct udp_gso *gso = port->state;
    unsigned lent = 0;

    if (gso->next == gso->found) {
        int got = receive(port, gso);
        if (got <= 0)
            return got;
    }
    while (lent < n && gso->next < gso->found) {
        struct super_packet *super = &gso->supers[gso->next];
        lent += super_packet_lend(super, slots + lent, n - lent, gso->seen_ticks);
        if (super->datagrams == 0)
            gso->next++;
    }
    return (int)lent;
}

const struct io_ops io_udp_gso = {
    .name = "udp-gso",
    .title = "UDP sockets, segmentation offload",
    .capabilities = UDP_SOCKET_CAPABILITIES | IO_SUPER_PACKETS,
    .ports = IO_PORTS_NETDEV,
    .probe = udp_gso_probe,
    .open = udp_gso_open,
    .tx_reserve = udp_gso_tx_reserve,
    .tx_commit = udp_gso_tx_commit,
    .rx = udp_gso_rx,
    .descriptors = socket_descriptors,
    .announce = netdev_announce,
    .stats = udp_socket_stats,
    .close = udp_socket_close,
};
