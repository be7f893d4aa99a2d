/* SPDX-License-Identifier: Apache-2.0 */
#include "udp_socket.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frame/packet.h"
#include "netdev.h"

/* As in the headers that whole-frame frameworks write. */
#define TTL 64

int udp_socket_probe(char *why, size_t why_size)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        int error = errno;
        snprintf(why, why_size, "cannot open a UDP socket (%s): allow the container AF_INET", strerror(error));
        return -error;
    }
    close(fd);
    return 0;
}

static struct sockaddr_in socket_address(const struct io_address *a)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = a->ip, .sin_port = htons(a->udp_port)};
}

/* The kernel writes the interface's own MAC address, and takes only what is sent to that. */
static int check_mac(struct io_port *port, const struct netdev *dev)
{
    const uint8_t *m = dev->mac;

    if (memcmp(m, port->config.local.mac, sizeof(dev->mac)) == 0)
        return 0;
    return netdev_fail(port, EADDRNOTAVAIL, "%s has another MAC address: --local-mac %02x:%02x:%02x:%02x:%02x:%02x",
                       port->config.device, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static int bind_and_connect(struct io_port *port, int fd)
{
    const struct io_config *c = &port->config;
    struct sockaddr_in local = socket_address(&c->local), peer = socket_address(&c->peer);
    char ip[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &c->local.ip, ip, sizeof(ip));
    if (bind(fd, (struct sockaddr *)&local, sizeof(local)) != 0) {
        if (errno == EADDRNOTAVAIL)
            return netdev_fail(port, errno, "%s is not configured here: `ip addr add %s/24 dev %s`", ip, ip, c->device);
        if (errno == EADDRINUSE)
            return netdev_fail(port, errno, "UDP port %u of %s is taken: give another --local-port", c->local.udp_port,
                               ip);
        return netdev_fail(port, errno, "cannot bind to %s: %s", ip, strerror(errno));
    }
    inet_ntop(AF_INET, &c->peer.ip, ip, sizeof(ip));
    if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) != 0)
        return netdev_fail(port, errno, "no way to %s on %s (%s): `ip route add %s dev %s`", ip, c->device,
                           strerror(errno), ip, c->device);
    return 0;
}

static int set_options(struct io_port *port, int fd, enum udp_checksum checksum)
{
    static const int on = 1, ttl = TTL, never_fragment = IP_PMTUDISC_PROBE;
    const int no_check = checksum == UDP_CHECKSUM_NONE;
    const char *device = port->config.device;

    /* Before Linux 5.7 this takes CAP_NET_RAW; the routes lead to the device without it, too. */
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) != 0 && errno != EPERM)
        return netdev_fail(port, errno, "cannot bind to %s: %s", device, strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &no_check, sizeof(no_check)) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never_fragment, sizeof(never_fragment)) != 0)
        return netdev_fail(port, errno, "cannot set up the UDP socket: %s", strerror(errno));
    /* Without it, the kernel says "sent" of a packet that the interface refused. */
    if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) != 0)
        return netdev_fail(port, errno, "cannot set up the UDP socket: %s", strerror(errno));
    return 0;
}

int udp_socket_connect(struct io_port *port, struct udp_socket *state, enum udp_checksum checksum)
{
    struct netdev dev;
    int error;

    if ((error = netdev_find(port, &dev)) < 0 || (error = check_mac(port, &dev)) < 0)
        return error;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return netdev_fail(port, errno, "cannot open a UDP socket: %s", strerror(errno));
    state->sockets.tx_fd = state->sockets.rx_fd = fd;
    if ((error = set_options(port, fd, checksum)) < 0)
        return error;
    port->tx_queue_bytes = netdev_size_queue(fd, NETDEV_TX_QUEUE);
    port->rx_queue_bytes = netdev_size_queue(fd, NETDEV_RX_QUEUE);
    if ((error = bind_and_connect(port, fd)) < 0)
        return error;
    if (port->config.transmits)
        state->peer_learnt = netdev_learn_peer(port);
    return 0;
}

int udp_socket_open(struct io_port *port)
{
    struct udp_socket *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    port->state = state;
    int error = socket_port_init(port, &state->sockets, HEADERS_LEN);
    if (error < 0 || (error = udp_socket_connect(port, state, UDP_CHECKSUM_NONE)) < 0)
        udp_socket_close(port);
    return error;
}

void udp_socket_stats(struct io_port *port, struct io_stats *out)
{
    struct udp_socket *state = port->state;
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof(memory);

    if (getsockopt(state->sockets.rx_fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0) {
        state->dropped += memory[SK_MEMINFO_DROPS] - state->drops_seen;
        state->drops_seen = memory[SK_MEMINFO_DROPS];
    }
    *out = (struct io_stats){.rx_dropped = state->dropped, .tx_errors = state->sockets.tx_errors};
}

void udp_socket_close(struct io_port *port)
{
    struct udp_socket *state = port->state;

    if (state == NULL)
        return;
    if (state->peer_learnt)
        netdev_forget_peer(port);
    socket_port_fini(&state->sockets);
    free(state);
    port->state = NULL;
}
