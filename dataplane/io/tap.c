/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAP devices, as virtual machines and network stacks in user space have them: the application is what is plugged into
 * the interface, which is a port of the switch. The kernel takes one frame a system call, and gives one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../frame/announcement.h"
#include "../load/clock.h"
#include "netdev.h"
#include "socket_port.h"

#define TUN_DEVICE "/dev/net/tun"

static int probe(char *why, size_t why_size)
{
    int fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        int error = errno;
        snprintf(why, why_size, "cannot open " TUN_DEVICE " (%s): `modprobe tun`, as root", strerror(error));
        return -error;
    }
    close(fd);
    return 0;
}

/* The interface must be there: to attach to one that is not would make it. */
static int attach(struct io_port *port, int fd)
{
    const char *name = port->config.device;
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    if (strlen(name) >= sizeof(request.ifr_name) || if_nametoindex(name) == 0)
        return netdev_fail(port, ENODEV, "there is no interface %s here: `ip tuntap add dev NAME mode tap`", name);
    strcpy(request.ifr_name, name);
    if (ioctl(fd, TUNSETIFF, &request) != 0)
        return netdev_fail(port, errno, "cannot attach to %s: %s (it has to be a TAP device that nobody has open)",
                           name, strerror(errno));
    return 0;
}

static int open_port(struct io_port *port, struct socket_port *state)
{
    struct netdev dev;
    int error = socket_port_init(port, state, 0);

    if (error < 0)
        return error;
    state->tx_fd = state->rx_fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (state->tx_fd < 0)
        return netdev_fail(port, errno, "cannot open " TUN_DEVICE ": %s", strerror(errno));
    if ((error = attach(port, state->tx_fd)) < 0)
        return error;
    return netdev_find(port, &dev);
}

static void close_port(struct io_port *port)
{
    struct socket_port *state = port->state;

    if (state == NULL)
        return;
    socket_port_fini(state);
    free(state);
    port->state = NULL;
}

static int open_tap(struct io_port *port)
{
    struct socket_port *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    state->tx_fd = state->rx_fd = -1;
    port->state = state;
    int error = open_port(port, state);
    if (error < 0)
        close_port(port);
    return error;
}

static int tx_commit(struct io_port *port, unsigned n)
{
    const struct socket_port *state = port->state;
    unsigned sent = 0;

    while (sent < n) {
        if (write(state->tx_fd, state->tx + sent * state->room, state->vectors[sent].iov_len) >= 0) {
            sent++;
            continue;
        }
        int verdict = netdev_judge(port, errno, "send");
        if (verdict < 1)
            return sent > 0 ? (int)sent : verdict;
    }
    return (int)sent;
}

static int rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct socket_port *state = port->state;
    unsigned got = 0;

    if (n > state->burst)
        n = state->burst;
    while (got < n) {
        uint8_t *packet = state->rx + got * state->room;
        ssize_t len = read(state->rx_fd, packet, state->room);
        if (len >= 0) {
            slots[got++] = (struct io_slot){packet, (uint32_t)len, clock_ticks()};
            continue;
        }
        int verdict = netdev_judge(port, errno, "receive");
        if (verdict == 1)
            continue;
        return got > 0 ? (int)got : verdict;
    }
    return (int)got;
}

static int announce(struct io_port *port, unsigned first, unsigned n)
{
    const struct socket_port *state = port->state;
    uint8_t frame[ANNOUNCEMENT_LEN_MAX];

    for (unsigned i = 0; i < n; i++) {
        announcement_build(frame, &port->config, first + i);
        if (write(state->tx_fd, frame, announcement_len(&port->config)) < 0)
            return netdev_fail(port, errno, "cannot announce the MAC address on %s: %s", port->config.device,
                               strerror(errno));
    }
    return (int)n;
}

/* What found its queue full, the interface counts, which is the switch's port. */
static void stats(struct io_port *port, struct io_stats *out)
{
    (void)port;
    *out = (struct io_stats){0};
}

const struct io_ops io_tap = {
    .name = "tap",
    .title = "TAP devices, one system call a frame",
    .capabilities = IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT,
    .ports = (const char *const[]){"tap", NULL},
    .probe = probe,
    .open = open_tap,
    .tx_reserve = socket_tx_reserve,
    .tx_lengths = socket_tx_lengths,
    .tx_commit = tx_commit,
    .rx = rx,
    .descriptors = socket_descriptors,
    .announce = announce,
    .stats = stats,
    .close = close_port,
};
