/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame that a packet socket receives goes to the kernel's own IPv4 as well, which would answer it with "port
 * unreachable" and, before that, spend the sender's time on it: on a veth all of this happens on the sender's CPU.
 * Two things keep it away:
 *
 * - A classifier on the interface's ingress (tcx, Linux 6.6) declares our frames to be another host's. IPv4 then drops
 *   them at first sight, before it would have to copy the descriptor of the frame, and the packet socket, which comes
 *   last and would otherwise have to copy it, too, takes the original: a quarter more packets a second than with the
 *   next one alone. It lives as long as our descriptor of it. It also marks our frames for the socket's filter.
 * - A UDP socket on our port whose filter lets nothing pass. It costs IPv4's work, but is there everywhere.
 *
 * The kernel takes the outermost VLAN tag out of a frame before anybody sees it, and forgets it before a packet socket
 * for one protocol gets the frame. The classifier puts it back: it has the kernel push one more tag, which stands where
 * ours was and has its fate, while ours goes into the frame. So tags need tcx.
 */
#include "packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../frame/flows.h"
#include "../frame/layout.h"
#include "bpf.h"
#include "netdev.h"

/* What a tcx program returns to let others decide. */
#define TCX_NEXT (-1)

/* The first byte of an IP header without options, or without a traffic class, which is what ours are. */
enum { IPV4_NO_OPTIONS = 0x45, IPV6_NO_CLASS = 0x60 };

/* Of a frame as the classifier and filters see it, without its outermost tag. */
struct seen {
    bool ip6;
    uint16_t outermost; /* EtherType of the tag that is taken out; 0: none */
    uint16_t first;     /* EtherType at TAGS_AT: of the inner tag, or of the IP packet */
    uint16_t ethertype; /* of the IP packet */
    uint32_t ip, fragment, protocol, udp, len;
};

static struct seen seen_of(const struct io_encapsulation *e)
{
    const struct layout at = layout_of(e);
    const uint32_t taken = tag_count(e) > 0 ? VLAN_TAG_LEN : 0;
    const uint16_t ethertype = e->ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
    struct seen seen = {
        .ip6 = e->ip6,
        .first = tag_count(e) == 2 ? ETHERTYPE_VLAN : ethertype,
        .ethertype = ethertype,
        .ip = at.ip - taken,
        .fragment = at.ip - taken + 6,
        .protocol = at.ip - taken + (e->ip6 ? 6 : 9),
        .udp = at.udp - taken,
        .len = at.len - taken,
    };

    if (taken > 0)
        seen.outermost = e->outer_vlan != 0 ? ETHERTYPE_8021AD : ETHERTYPE_VLAN;
    return seen;
}

#define NOT_IN_ONE_PIECE (IP_MF | IP_OFFMASK)

int packet_socket_probe(char *why, size_t why_size)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        int error = errno;
        if (error == EPERM)
            snprintf(why, why_size, "needs CAP_NET_RAW: run as root, or `setcap cap_net_raw,cap_net_admin+ep vswload`");
        else
            snprintf(why, why_size, "cannot open a packet socket (%s): `modprobe af_packet`", strerror(error));
        return -error;
    }
    close(fd);
    return 0;
}

/* What the classifier writes into skb->mark of a frame that is ours: with our tags, to our UDP port, in one piece. */
static uint32_t mark_of(uint16_t udp_port)
{
    return UINT32_C(0x56570000) | udp_port;
}

/* Of whichever VLAN, but none that an interface is likely to have: nobody sees it. */
#define TAG_IN_ITS_PLACE 1

/* Attaches the classifier for as long as the descriptor is open. A negative errno where the kernel has no tcx or
 * forbids it. */
static int attach_classifier(const struct netdev *dev, const struct seen *at, uint16_t udp_port)
{
    const bool tagged = at->outermost != 0;
    /* Without a tag there is no EtherType of it to look at. */
    const int16_t tag_type = tagged ? offsetof(struct __sk_buff, vlan_proto) : offsetof(struct __sk_buff, vlan_present);
    const int16_t ip = (int16_t)at->ip, fragment = (int16_t)at->fragment, protocol = (int16_t)at->protocol;
    /* Each skip leads to the last two instructions. */
    const struct bpf_insn instructions[] = {
        COPY(R6, R1),
        LOAD(BPF_W, R0, R6, offsetof(struct __sk_buff, vlan_present)),
        SKIP_UNLESS(R0, tagged, 38),
        LOAD(BPF_W, R0, R6, tag_type),
        SKIP_UNLESS(R0, htons(at->outermost), 36),
        LOAD(BPF_W, R2, R6, offsetof(struct __sk_buff, data)),
        LOAD(BPF_W, R3, R6, offsetof(struct __sk_buff, data_end)),
        COPY(R4, R2),
        ADD(R4, (int32_t)at->len),
        SKIP_UNLESS_ABOVE(R4, R3, 8),
        /* The headers are in a page of their own, as those from a packet socket's ring are. */
        COPY(R1, R6),
        SET(R2, (int32_t)at->len),
        CALL(BPF_FUNC_skb_pull_data),
        LOAD(BPF_W, R2, R6, offsetof(struct __sk_buff, data)),
        LOAD(BPF_W, R3, R6, offsetof(struct __sk_buff, data_end)),
        COPY(R4, R2),
        ADD(R4, (int32_t)at->len),
        SKIP_IF_ABOVE(R4, R3, 23),
        LOAD(BPF_H, R0, R2, TAGS_AT),
        SKIP_UNLESS(R0, htons(at->first), 21),
        LOAD(BPF_H, R0, R2, (int16_t)(ip - 2)),
        SKIP_UNLESS(R0, htons(at->ethertype), 19),
        LOAD(BPF_B, R0, R2, ip),
        SKIP_UNLESS(R0, at->ip6 ? IPV6_NO_CLASS : IPV4_NO_OPTIONS, 17),
        LOAD(BPF_H, R0, R2, fragment),
        SKIP_IF_ANY_BIT(R0, at->ip6 ? 0 : htons(NOT_IN_ONE_PIECE), 15),
        LOAD(BPF_B, R0, R2, protocol),
        SKIP_UNLESS(R0, IPPROTO_UDP, 13),
        LOAD(BPF_H, R0, R2, (int16_t)(at->udp + 2)),
        SKIP_UNLESS(R0, htons(udp_port), 11),
        SET(R0, (int32_t)mark_of(udp_port)),
        STORE(BPF_W, R6, offsetof(struct __sk_buff, mark), R0),
        COPY(R1, R6),
        SET(R2, PACKET_OTHERHOST),
        CALL(BPF_FUNC_skb_change_type),
        /* By a condition, though it is known: the verifier refuses a program with instructions that nothing leads to.
         */
        SET(R0, tagged),
        SKIP_UNLESS(R0, 1, 4),
        COPY(R1, R6),
        SET(R2, htons(ETHERTYPE_VLAN)),
        SET(R3, TAG_IN_ITS_PLACE),
        CALL(BPF_FUNC_skb_vlan_push),
        SET(R0, TCX_NEXT),
        EXIT(),
    };
    const struct bpf_program classifier = {
        .type = BPF_PROG_TYPE_SCHED_CLS,
        .attach_type = ATTACH_TCX_INGRESS,
        .instructions = instructions,
        .count = sizeof(instructions) / sizeof(instructions[0]),
    };

    return bpf_load_and_attach(&classifier, dev->index, ATTACH_FIRST);
}

static int bind_to(int fd, const struct io_address *local, bool ip6)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = local->ip6, .sin6_port = htons(local->udp_port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr = local->ip, .sin_port = htons(local->udp_port)};

    return ip6 ? bind(fd, (struct sockaddr *)&six, sizeof(six)) : bind(fd, (struct sockaddr *)&four, sizeof(four));
}

int packet_socket_open_sink(const struct io_address *local, bool ip6)
{
    static struct sock_filter drop[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    static const struct sock_fprog filter = {.len = 1, .filter = drop};
    int fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0 || bind_to(fd, local, ip6) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int set_filter(int fd, struct sock_filter *program, size_t instructions)
{
    struct sock_fprog filter = {.len = (unsigned short)instructions, .filter = program};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

/* Lets through what the classifier has marked. */
static int filter_by_mark(int fd, uint16_t udp_port)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mark_of(udp_port), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };

    return set_filter(fd, program, sizeof(program) / sizeof(program[0]));
}

/* Lets through what is for our UDP port, in one piece. Of a VLAN tag nothing is left by now but the packet type. */
static int filter_by_content(int fd, const struct seen *at, uint16_t udp_port, bool any_type)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, any_type ? 0 : 9),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at->ip),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, at->ip6 ? IPV6_NO_CLASS : IPV4_NO_OPTIONS, 0, 7),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at->fragment),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, at->ip6 ? 0 : NOT_IN_ONE_PIECE, 5, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at->protocol),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at->udp + 2),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, udp_port, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };

    return set_filter(fd, program, sizeof(program) / sizeof(program[0]));
}

/* A socket without a protocol receives nothing until it is bound to one. */
static int open_packet_socket(struct io_port *port)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return netdev_fail(port, errno, "cannot open a packet socket: %s", strerror(errno));
    return fd;
}

static int bind_to_device(struct io_port *port, int fd, const struct netdev *dev, uint16_t protocol)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = dev->index, .sll_protocol = htons(protocol)};

    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return netdev_fail(port, errno, "cannot bind to %s: %s", port->config.device, strerror(errno));
    return 0;
}

/* Whether packets come to addresses other than the interface's own. */
static bool has_other_macs(const struct io_config *c, const struct netdev *dev)
{
    return memcmp(dev->mac, c->local.mac, sizeof(dev->mac)) != 0 || flows_are_macs(c);
}

int packet_socket_accept_macs(struct io_port *port, int fd, const struct netdev *dev)
{
    struct packet_mreq request = {.mr_ifindex = dev->index, .mr_type = PACKET_MR_UNICAST, .mr_alen = ETH_ALEN};

    if (!has_other_macs(&port->config, dev))
        return 0;
    if (flows_are_macs(&port->config))
        request.mr_type = PACKET_MR_PROMISC;

    memcpy(request.mr_address, port->config.local.mac, ETH_ALEN);
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) != 0)
        return netdev_fail(port, errno, "%s cannot take a second MAC address (%s): give its own as --local-mac",
                           port->config.device, strerror(errno));
    return 0;
}

/* What keeps frames from the kernel's IP, and others' from us. */
static int keep_apart(struct io_port *port, struct packet_sockets *sockets, const struct netdev *dev, bool other_mac)
{
    const struct io_address *local = &port->config.local;
    const struct seen at = seen_of(&port->config.encapsulation);
    const int fd = sockets->rx_fd;

    sockets->sink_fd = packet_socket_open_sink(local, at.ip6);
    sockets->classifier_fd = attach_classifier(dev, &at, local->udp_port);
    if (sockets->classifier_fd < 0 && at.outermost != 0)
        return netdev_fail(port, EOPNOTSUPP,
                           "the kernel takes VLAN tags out of what %s receives: use Linux 6.6 or later",
                           port->ops->name);
    if ((sockets->classifier_fd >= 0 ? filter_by_mark(fd, local->udp_port)
                                     : filter_by_content(fd, &at, local->udp_port, other_mac)) != 0)
        return netdev_fail(port, errno, "cannot filter on %s: %s", port->config.device, strerror(errno));
    port->path = sockets->classifier_fd >= 0 ? "tcx" : "filter";
    return 0;
}

static int open_rx(struct io_port *port, struct packet_sockets *sockets, const struct netdev *dev)
{
    const struct seen at = seen_of(&port->config.encapsulation);
    bool other_mac = has_other_macs(&port->config, dev);
    int fd = open_packet_socket(port);

    if (fd < 0)
        return fd;
    sockets->rx_fd = fd;
    int error = keep_apart(port, sockets, dev, other_mac);
    if (error < 0)
        return error;
    port->rx_queue_bytes = netdev_size_queue(fd, NETDEV_RX_QUEUE);
    if ((error = packet_socket_accept_macs(port, fd, dev)) < 0)
        return error;
    /* Bound to one protocol, not to everything: sockets for everything come before the classifier, see what we send,
     * too, and never get the original. */
    return bind_to_device(port, fd, dev, at.outermost != 0 ? at.outermost : at.ethertype);
}

static int open_tx(struct io_port *port, struct packet_sockets *sockets, const struct netdev *dev)
{
    static const int on = 1;
    int fd = open_packet_socket(port);

    if (fd < 0)
        return fd;
    sockets->tx_fd = fd;
    port->tx_queue_bytes = netdev_size_queue(fd, NETDEV_TX_QUEUE);
    /* Straight to the driver, whose full ring is then told to us; older kernels go through the qdisc. */
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
    return bind_to_device(port, fd, dev, 0);
}

int packet_sockets_open(struct io_port *port, struct packet_sockets *sockets)
{
    struct netdev dev;

    *sockets = PACKET_SOCKETS_NONE;
    int error = netdev_find(port, &dev);
    if (error == 0 && port->config.transmits)
        error = open_tx(port, sockets, &dev);
    if (error == 0 && port->config.receives)
        error = open_rx(port, sockets, &dev);
    return error;
}

uint64_t packet_sockets_dropped(struct packet_sockets *sockets)
{
    struct tpacket_stats since_last = {0};
    socklen_t size = sizeof(since_last);

    if (sockets->rx_fd >= 0 && getsockopt(sockets->rx_fd, SOL_PACKET, PACKET_STATISTICS, &since_last, &size) == 0)
        sockets->dropped += since_last.tp_drops;
    return sockets->dropped;
}

void packet_sockets_close(struct packet_sockets *sockets)
{
    /* The receiving socket first: it must not see frames that the classifier no longer marks. */
    const int fds[] = {sockets->rx_fd, sockets->tx_fd, sockets->classifier_fd, sockets->sink_fd};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    *sockets = PACKET_SOCKETS_NONE;
}
