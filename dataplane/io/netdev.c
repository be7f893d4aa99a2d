/* SPDX-License-Identifier: Apache-2.0 */
#include "netdev.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../frame/announcement.h"
#include "../load/clock.h"

#define CARRIER_WAIT_NS (2 * NS_PER_SECOND)
#define CARRIER_POLL_US 2000

/* Some 20 000 of the smallest packets: what comes while the receiver is off its CPU for 20 ms at 1 Mpps. */
#define RX_QUEUE_BYTES (16 << 20)
/* Fills the ring of a NIC with the smallest packets; a veth never queues. */
#define TX_QUEUE_BYTES (1 << 20)

int netdev_fail(struct io_port *port, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(port->error, sizeof(port->error), format, args);
    va_end(args);
    return -error;
}

int netdev_judge(struct io_port *port, int error, const char *what)
{
    switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
        return 0;
    case EINTR:
        return 1;
    case ENXIO:
    case ENODEV:
        return netdev_fail(port, error, "interface %s is gone", port->config.device);
    case ENETDOWN:
    case ENETUNREACH:
        return netdev_fail(port, error, "interface %s went down or lost its address", port->config.device);
    default:
        return netdev_fail(port, error, "cannot %s on %s: %s", what, port->config.device, strerror(error));
    }
}

/* Whether the device has this flag within the time; a fault is a negative errno. */
static int wait_for_flag(int fd, struct ifreq *request, int flag)
{
    uint64_t give_up = clock_ns(CLOCK_MONOTONIC) + CARRIER_WAIT_NS;

    for (;;) {
        if (ioctl(fd, SIOCGIFFLAGS, request) != 0)
            return -errno;
        if (request->ifr_flags & flag)
            return 1;
        if (clock_ns(CLOCK_MONOTONIC) >= give_up)
            return 0;
        usleep(CARRIER_POLL_US);
    }
}

static int find(struct io_port *port, struct netdev *dev, int fd)
{
    const char *name = port->config.device;
    uint32_t mtu_needed = port->config.frame_len - ETHER_HDR_LEN;
    struct ifreq request = {0};

    if (strlen(name) >= sizeof(request.ifr_name))
        return netdev_fail(port, ENODEV, "%s is too long for an interface: give one that `ip link` lists", name);
    strcpy(request.ifr_name, name);
    if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
        return netdev_fail(port, errno, "there is no interface %s here: give one that `ip link` lists", name);
    dev->index = request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return netdev_fail(port, ENODEV, "%s is not an Ethernet interface: give one that is", name);
    memcpy(dev->mac, request.ifr_hwaddr.sa_data, sizeof(dev->mac));
    if (ioctl(fd, SIOCGIFMTU, &request) != 0 || (uint32_t)request.ifr_mtu < mtu_needed)
        return netdev_fail(port, EMSGSIZE, "the MTU of %s is %d: `ip link set %s mtu %u`", name, request.ifr_mtu, name,
                           mtu_needed);
    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0 || !(request.ifr_flags & IFF_UP))
        return netdev_fail(port, ENETDOWN, "%s is down: `ip link set %s up`", name, name);
    if (wait_for_flag(fd, &request, IFF_RUNNING) <= 0)
        return netdev_fail(port, ENETDOWN, "%s has no carrier: bring its other end up, or plug the cable in", name);
    return 0;
}

int netdev_find(struct io_port *port, struct netdev *dev)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return netdev_fail(port, errno, "cannot open a socket: %s", strerror(errno));
    int error = find(port, dev, fd);
    close(fd);
    return error;
}

/* To close a packet socket takes the kernel milliseconds (synchronize_net): it stays for the next announcement. */
static int open_announcer(struct io_port *port)
{
    if (port->announcer_fd > 0)
        return port->announcer_fd;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return netdev_fail(port, errno,
                           "cannot announce the MAC address (%s): run with CAP_NET_RAW or --quiet-announce",
                           strerror(errno));
    return port->announcer_fd = fd;
}

int netdev_announce(struct io_port *port, unsigned first, unsigned n)
{
    uint8_t frame[ANNOUNCEMENT_LEN_MAX];
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)if_nametoindex(port->config.device),
        .sll_halen = ETH_ALEN,
    };
    int fd = open_announcer(port);

    for (unsigned i = 0; fd > 0 && i < n; i++) {
        announcement_build(frame, &port->config, first + i);
        if (sendto(fd, frame, announcement_len(&port->config), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
            return netdev_fail(port, errno, "cannot announce the MAC address on %s: %s", port->config.device,
                               strerror(errno));
    }
    return fd < 0 ? fd : (int)n;
}

/* The neighbour entry of the peer, as the kernel's ARP calls take it. */
static struct arpreq peer_entry(const struct io_port *port)
{
    struct arpreq entry = {.arp_flags = ATF_PERM | ATF_COM};
    struct sockaddr_in ip = {.sin_family = AF_INET, .sin_addr = port->config.peer.ip};

    memcpy(&entry.arp_pa, &ip, sizeof(ip));
    entry.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(entry.arp_ha.sa_data, port->config.peer.mac, sizeof(port->config.peer.mac));
    snprintf(entry.arp_dev, sizeof(entry.arp_dev), "%s", port->config.device);
    return entry;
}

static bool peer_is_known(const struct io_port *port, int fd)
{
    struct arpreq entry = peer_entry(port);

    return ioctl(fd, SIOCGARP, &entry) == 0 && (entry.arp_flags & ATF_PERM) != 0 &&
           memcmp(entry.arp_ha.sa_data, port->config.peer.mac, sizeof(port->config.peer.mac)) == 0;
}

bool netdev_learn_peer(const struct io_port *port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    struct arpreq entry = peer_entry(port);
    bool learnt = !peer_is_known(port, fd) && ioctl(fd, SIOCSARP, &entry) == 0;
    close(fd);
    return learnt;
}

void netdev_forget_peer(const struct io_port *port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    struct arpreq entry = peer_entry(port);
    ioctl(fd, SIOCDARP, &entry);
    close(fd);
}

uint32_t netdev_size_queue(int fd, enum netdev_queue queue)
{
    bool rx = queue == NETDEV_RX_QUEUE;
    int bytes = rx ? RX_QUEUE_BYTES : TX_QUEUE_BYTES;
    socklen_t size = sizeof(bytes);

    if (setsockopt(fd, SOL_SOCKET, rx ? SO_RCVBUFFORCE : SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, rx ? SO_RCVBUF : SO_SNDBUF, &bytes, sizeof(bytes));
    if (getsockopt(fd, SOL_SOCKET, rx ? SO_RCVBUF : SO_SNDBUF, &bytes, &size) != 0)
        return 0;
    return (uint32_t)bytes;
}
