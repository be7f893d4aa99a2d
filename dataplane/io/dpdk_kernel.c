/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK over an interface of the kernel's, by the drivers that open a socket on it: AF_XDP and AF_PACKET.
 *
 * Neither driver tells what its socket has dropped: net_af_packet does not ask, and net_af_xdp leaves out a full ring.
 * The socket is one of our own descriptors, and asked by ourselves.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dpdk.h"
#include "dpdk_eal.h"
#include "netdev.h"
#include "packet_socket.h"

/* As many as net_af_xdp gives the kernel to fill: its rx ring is never full before that. */
#define DESCRIPTORS 2048
/* Of net_af_packet's ring each way, of 2 KiB each. It has 512 by default, which is half a millisecond of what a veth
 * carries: less than a process waits that shares its CPU. */
#define PACKET_FRAMES 4096

/* What is still in a ring when nothing more is sent. */
#define FLUSH_TRIES 1000

struct kernel_port {
    struct dpdk_port dpdk;
    int socket;   /* the driver's, which closes it */
    int udp_sink; /* -1 = none */
    uint64_t dropped;
};

/* The one socket of this family that the process has, or -1. */
static int find_socket(int family)
{
    DIR *folder = opendir("/proc/self/fd");
    int found = -1;

    if (folder == NULL)
        return -1;
    for (struct dirent *entry; found < 0 && (entry = readdir(folder)) != NULL;) {
        int fd = atoi(entry->d_name), domain = 0;
        socklen_t size = sizeof(domain);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == family)
            found = fd;
    }
    closedir(folder);
    return found;
}

static int open_kernel_port(struct io_port *port, const char *argument, int family)
{
    const struct dpdk_device device = {.argument = argument, .descriptors = DESCRIPTORS, .keeps_mac = true};
    int error = dpdk_open_device(port, &device, sizeof(struct kernel_port));

    if (error < 0)
        return error;
    struct kernel_port *state = port->state;
    state->udp_sink = -1;
    state->socket = find_socket(family);
    if (state->socket >= 0)
        return 0;
    dpdk_close(port);
    return netdev_fail(port, EIO, "cannot find the socket of DPDK's driver: mount /proc");
}

/* Has the kernel send what is still in the ring: either driver leaves it there until the next packet when the kernel
 * has not taken all. */
static void flush(const struct kernel_port *state)
{
    for (int tries = 0; tries < FLUSH_TRIES && send(state->socket, NULL, 0, MSG_DONTWAIT) < 0; tries++) {
        if (errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
            return;
        usleep(10);
    }
}

static void packet_stats(struct io_port *port, struct io_stats *out)
{
    struct kernel_port *state = port->state;
    struct tpacket_stats since_last = {0};
    socklen_t size = sizeof(since_last);

    if (port->config.transmits)
        flush(state);
    if (getsockopt(state->socket, SOL_PACKET, PACKET_STATISTICS, &since_last, &size) == 0)
        state->dropped += since_last.tp_drops;
    *out = (struct io_stats){.rx_dropped = state->dropped};
}

static void packet_close(struct io_port *port)
{
    const struct kernel_port *state = port->state;
    int sink = state != NULL ? state->udp_sink : -1;

    dpdk_close(port);
    if (sink >= 0)
        close(sink);
}

static int packet_open(struct io_port *port)
{
    char argument[128];
    struct netdev dev;
    int error = netdev_find(port, &dev);

    if (error < 0)
        return error;
    snprintf(argument, sizeof(argument), "net_af_packet0,iface=%s,framecnt=%u", port->config.device, PACKET_FRAMES);
    if ((error = open_kernel_port(port, argument, AF_PACKET)) < 0)
        return error;
    struct kernel_port *state = port->state;
    state->udp_sink = packet_socket_open_sink(&port->config.local, port->config.encapsulation.ip6);
    if ((error = packet_socket_accept_macs(port, state->socket, &dev)) < 0)
        packet_close(port);
    return error;
}

static void xdp_stats(struct io_port *port, struct io_stats *out)
{
    const struct kernel_port *state = port->state;
    struct xdp_statistics kernel = {0};
    socklen_t size = sizeof(kernel);

    *out = (struct io_stats){0, 0};
    if (port->config.transmits)
        flush(state);
    if (getsockopt(state->socket, SOL_XDP, XDP_STATISTICS, &kernel, &size) != 0)
        return;
    out->rx_dropped = kernel.rx_dropped + kernel.rx_ring_full;
    out->tx_errors = kernel.tx_invalid_descs;
}

/* How the socket is bound: what decides the cost of a packet. */
static const char *xdp_path(int socket)
{
    struct xdp_options options = {0};
    socklen_t size = sizeof(options);

    if (getsockopt(socket, SOL_XDP, XDP_OPTIONS, &options, &size) != 0)
        return NULL;
    return options.flags & XDP_OPTIONS_ZEROCOPY ? "zero-copy" : "copy";
}

/* libxdp attaches its program by netlink, which stays when the process is killed. A virtual interface goes with the
 * switch that made it; a card would keep it. */
static bool outlives_us(const char *device)
{
    char path[sizeof("/sys/class/net//device") + IFNAMSIZ];

    snprintf(path, sizeof(path), "/sys/class/net/%s/device", device);
    return access(path, F_OK) == 0;
}

/* libxdp's dispatcher, which leads from program to program, would pin maps that nobody removes: without a file system
 * for them, or told so (since 1.4), it attaches its program alone. */
static void refuse_dispatcher(void)
{
    setenv("LIBXDP_BPFFS", "/proc/self/fdinfo", 1);
    setenv("LIBXDP_SKIP_DISPATCHER", "1", 1);
}

typedef void *set_print(void *);

/* Libraries of the driver's write to standard error, what is no fault as well. */
static void silence(void)
{
    static const char *const setters[] = {"libbpf_set_print", "libxdp_set_print"};

    for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
        set_print *setter = (set_print *)(uintptr_t)dlsym(RTLD_DEFAULT, setters[i]);
        if (setter != NULL)
            setter(NULL);
    }
}

static int xdp_open(struct io_port *port)
{
    char argument[128];
    struct netdev dev;
    int error = netdev_find(port, &dev);

    if (error < 0)
        return error;
    if (outlives_us(port->config.device))
        return netdev_fail(port, EOPNOTSUPP, "a crash would leave libxdp's program on the card %s: use --io afxdp",
                           port->config.device);
    refuse_dispatcher();
    silence();
    snprintf(argument, sizeof(argument), "net_af_xdp0,iface=%s", port->config.device);
    if ((error = open_kernel_port(port, argument, AF_XDP)) < 0)
        return error;
    port->path = xdp_path(((const struct kernel_port *)port->state)->socket);
    return 0;
}

const struct io_ops io_dpdk_af_xdp = {
    .name = "dpdk-af-xdp",
    .title = "DPDK over AF_XDP (net_af_xdp)",
    .capabilities = IO_WHOLE_FRAMES | IO_LOSES_TAGS,
    .ports = IO_PORTS_NETDEV,
    .hugepage_bytes = DPDK_HUGEPAGE_BYTES,
    .frame_max = IO_FRAME_USUAL,
    .probe = dpdk_probe,
    .open = xdp_open,
    .tx_reserve = dpdk_tx_reserve,
    .tx_lengths = dpdk_tx_lengths,
    .tx_commit = dpdk_tx_commit,
    .rx = dpdk_rx,
    .rx_release = dpdk_rx_release,
    .announce = dpdk_announce,
    .stats = xdp_stats,
    .close = dpdk_close,
};

const struct io_ops io_dpdk_af_packet = {
    .name = "dpdk-af-packet",
    .title = "DPDK over AF_PACKET (net_af_packet)",
    .capabilities = IO_WHOLE_FRAMES | IO_LOSES_TAGS,
    .ports = IO_PORTS_NETDEV,
    .hugepage_bytes = DPDK_HUGEPAGE_BYTES,
    .frame_max = IO_FRAME_USUAL,
    .probe = dpdk_probe,
    .open = packet_open,
    .tx_reserve = dpdk_tx_reserve,
    .tx_lengths = dpdk_tx_lengths,
    .tx_commit = dpdk_tx_commit,
    .rx = dpdk_rx,
    .rx_release = dpdk_rx_release,
    .announce = dpdk_announce,
    .stats = packet_stats,
    .close = packet_close,
};
