/* SPDX-License-Identifier: Apache-2.0 */
#include "xsk.h"

#include <linux/if_link.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../load/clock.h"
#include "bpf.h"

/* Of the kernel's interface since Linux 5.11 and 6.17; older headers lack them. */
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif
#define OPTION_MAX_TX_SKB_BUDGET 9

/* A busy socket looks for so long, in microseconds, and at so many packets: a call that finds none is to end at once.
 */
#define BUSY_POLL_US 1
#define BUSY_POLL_PACKETS 64

#define RELEASE_WAIT_NS (2 * NS_PER_SECOND)
#define RELEASE_POLL_US 1000

int xsk_probe(char *why, size_t why_size)
{
    int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        int error = errno;
        if (error == EPERM)
            snprintf(why, why_size, "needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF: run as root");
        else
            snprintf(why, why_size, "the kernel has no AF_XDP sockets (%s): use one with CONFIG_XDP_SOCKETS",
                     strerror(error));
        return -error;
    }
    close(fd);
    return 0;
}

static int register_memory(struct io_port *port, struct xsk *xsk)
{
    struct xdp_umem_reg area = {.chunk_size = xsk->chunk};

    xsk->memory_size = (size_t)(XSK_RX_FRAMES + XSK_TX_FRAMES) * xsk->chunk;
    void *memory =
        mmap(NULL, xsk->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return netdev_fail(port, ENOMEM, "no memory for %zu MiB of frames: free some", xsk->memory_size >> 20);
    xsk->memory = memory;
    area.addr = (uintptr_t)memory;
    area.len = xsk->memory_size;
    if (setsockopt(xsk->fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)) != 0)
        return netdev_fail(port, errno, "the kernel does not take our memory for frames: %s", strerror(errno));
    return 0;
}

struct ring_kind {
    int option;
    uint32_t size;
    size_t entry_size;
    off_t at;
    size_t offsets_at; /* in struct xdp_mmap_offsets */
};

static const struct ring_kind FILL = {XDP_UMEM_FILL_RING, XSK_RX_FRAMES, sizeof(uint64_t),
                                      (off_t)XDP_UMEM_PGOFF_FILL_RING, offsetof(struct xdp_mmap_offsets, fr)};
static const struct ring_kind COMPLETION = {XDP_UMEM_COMPLETION_RING, XSK_TX_FRAMES, sizeof(uint64_t),
                                            (off_t)XDP_UMEM_PGOFF_COMPLETION_RING,
                                            offsetof(struct xdp_mmap_offsets, cr)};
static const struct ring_kind RX = {XDP_RX_RING, XSK_RX_FRAMES, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING,
                                    offsetof(struct xdp_mmap_offsets, rx)};
static const struct ring_kind TX = {XDP_TX_RING, XSK_TX_FRAMES, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING,
                                    offsetof(struct xdp_mmap_offsets, tx)};

/* Has the kernel make a ring, and maps it. */
static int make_ring(struct io_port *port, int fd, const struct ring_kind *kind, struct xsk_ring *ring)
{
    struct xdp_mmap_offsets all;
    socklen_t size = sizeof(all);
    struct xdp_ring_offset at;

    if (setsockopt(fd, SOL_XDP, kind->option, &kind->size, sizeof(kind->size)) != 0 ||
        getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &all, &size) != 0 || size != sizeof(all))
        return netdev_fail(port, errno, "cannot make a ring of %u frames (%s): use Linux 5.4 or later", kind->size,
                           strerror(errno));
    memcpy(&at, (const uint8_t *)&all + kind->offsets_at, sizeof(at));
    size_t bytes = at.desc + kind->size * kind->entry_size;
    uint8_t *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, kind->at);
    if (map == MAP_FAILED)
        return netdev_fail(port, errno, "cannot map a ring: %s", strerror(errno));
    *ring = (struct xsk_ring){
        .producer = (uint32_t *)(void *)(map + at.producer),
        .consumer = (uint32_t *)(void *)(map + at.consumer),
        .flags = (uint32_t *)(void *)(map + at.flags),
        .entries = map + at.desc,
        .mask = kind->size - 1,
        .map = map,
        .map_size = bytes,
    };
    return 0;
}

static int make_rings(struct io_port *port, struct xsk *xsk, const struct xsk_options *options)
{
    int error = make_ring(port, xsk->fd, &FILL, &xsk->fill);

    if (error == 0)
        error = make_ring(port, xsk->fd, &COMPLETION, &xsk->completion);
    if (error == 0 && options->receives)
        error = make_ring(port, xsk->fd, &RX, &xsk->rx);
    if (error == 0 && options->transmits)
        error = make_ring(port, xsk->fd, &TX, &xsk->tx);
    return error;
}

/* The kernel lets go of the socket that was there before some time after that was closed: until then the queue is busy.
 */
static bool bind_as(int fd, const struct netdev *dev, uint16_t flags)
{
    const uint64_t give_up = clock_ns(CLOCK_MONOTONIC) + RELEASE_WAIT_NS;
    /* The kernel tells when it wants to be woken. */
    const struct sockaddr_xdp address = {
        .sxdp_family = AF_XDP,
        .sxdp_flags = flags | XDP_USE_NEED_WAKEUP,
        .sxdp_ifindex = (uint32_t)dev->index,
    };

    while (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno != EBUSY || clock_ns(CLOCK_MONOTONIC) >= give_up)
            return false;
        usleep(RELEASE_POLL_US);
    }
    return true;
}

/* Zero-copy where the driver has it, which a veth's has not. */
static int bind_to_queue(struct io_port *port, struct xsk *xsk, const struct netdev *dev)
{
    xsk->zero_copy = bind_as(xsk->fd, dev, XDP_ZEROCOPY);
    if (xsk->zero_copy || (errno != EBUSY && bind_as(xsk->fd, dev, XDP_COPY)))
        return 0;
    return netdev_fail(port, errno, "cannot bind an AF_XDP socket to %s (%s): end whoever has one there",
                       port->config.device, strerror(errno));
}

/* Whatever arrives in the queue goes to the socket; in others, and without a socket, to the kernel. */
static int attach_program(struct io_port *port, struct xsk *xsk, const struct netdev *dev)
{
    const struct bpf_insn instructions[] = {
        LOAD(BPF_W, R2, R1, offsetof(struct xdp_md, rx_queue_index)),
        SET_MAP(R1, xsk->sockets_map),
        SET(R3, XDP_PASS),
        CALL(BPF_FUNC_redirect_map),
        EXIT(),
    };
    const struct bpf_program program = {
        .type = BPF_PROG_TYPE_XDP,
        .attach_type = ATTACH_XDP,
        .instructions = instructions,
        .count = sizeof(instructions) / sizeof(instructions[0]),
    };

    xsk->program_link = bpf_load_and_attach(&program, dev->index, XDP_FLAGS_DRV_MODE);
    xsk->generic = xsk->program_link == -EOPNOTSUPP;
    if (xsk->generic)
        xsk->program_link = bpf_load_and_attach(&program, dev->index, XDP_FLAGS_SKB_MODE);
    if (xsk->program_link == -EBUSY)
        return netdev_fail(port, EBUSY, "%s has an XDP program already: `ip link set dev %s xdp off`",
                           port->config.device, port->config.device);
    if (xsk->program_link == -ERANGE)
        return netdev_fail(port, ERANGE, "%s, or its other end, has too large an MTU for XDP: `ip link set %s mtu %u`",
                           port->config.device, port->config.device, XSK_FRAME_MAX - ETHER_HDR_LEN);
    if (xsk->program_link < 0)
        return netdev_fail(port, -xsk->program_link,
                           "cannot attach an XDP program to %s (%s): give CAP_BPF and CAP_NET_ADMIN, and Linux 5.9",
                           port->config.device, strerror(-xsk->program_link));
    return 0;
}

static int receive_all(struct io_port *port, struct xsk *xsk, const struct netdev *dev)
{
    const uint32_t queue = 0;

    xsk->sockets_map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, sizeof(queue), sizeof(xsk->fd), 1);
    int error = xsk->sockets_map < 0 ? xsk->sockets_map : bpf_map_put(xsk->sockets_map, &queue, &xsk->fd);
    if (error < 0)
        return netdev_fail(port, -error, "cannot make a map of AF_XDP sockets (%s): give CAP_BPF", strerror(-error));
    return attach_program(port, xsk, dev);
}

/* Our calls poll the device, and its interrupts, or who sends through a veth, leave it to us. */
static int poll_busily(struct io_port *port, int fd)
{
    const int on = 1, us = BUSY_POLL_US, packets = BUSY_POLL_PACKETS;

    if (setsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, sizeof(on)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof(us)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &packets, sizeof(packets)) == 0)
        return 0;
    return netdev_fail(port, errno, "cannot poll busily (%s): use Linux 5.11 or later, with CAP_NET_ADMIN",
                       strerror(errno));
}

int xsk_open(struct io_port *port, struct xsk *xsk, const struct netdev *dev, const struct xsk_options *options)
{
    const uint32_t budget = IO_BURST_MAX;
    int error;

    *xsk = XSK_NONE;
    xsk->chunk = port->config.frame_len <= IO_FRAME_USUAL ? XSK_CHUNK_USUAL : XSK_CHUNK_MAX;
    bpf_lift_memory_limit();
    xsk->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (xsk->fd < 0)
        return netdev_fail(port, errno, "cannot open an AF_XDP socket: %s", strerror(errno));
    if ((error = register_memory(port, xsk)) < 0 || (error = make_rings(port, xsk, options)) < 0)
        return error;
    if (options->transmits) {
        /* The kernel charges each packet that is on its way to the socket, and stops at the default after 277 small
         * ones. */
        port->tx_queue_bytes = netdev_size_queue(xsk->fd, NETDEV_TX_QUEUE);
        /* How many packets a call may send, 32 where the kernel cannot be told. */
        setsockopt(xsk->fd, SOL_XDP, OPTION_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
    }
    if (options->busy_poll && (error = poll_busily(port, xsk->fd)) < 0)
        return error;
    if ((error = bind_to_queue(port, xsk, dev)) < 0)
        return error;
    return options->receives ? receive_all(port, xsk, dev) : 0;
}

bool xsk_polls_busily(const struct xsk *xsk)
{
    unsigned major = 0, minor = 0, device = 0;
    socklen_t size = sizeof(device);
    struct utsname kernel;

    if (getsockopt(xsk->fd, SOL_SOCKET, SO_INCOMING_NAPI_ID, &device, &size) == 0 && device != 0)
        return true;
    return uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
           (major < 6 || (major == 6 && minor < 14));
}

static void unmap_ring(struct xsk_ring *ring)
{
    if (ring->map != NULL)
        munmap(ring->map, ring->map_size);
}

void xsk_close(struct xsk *xsk)
{
    /* The program first: nothing is to be redirected to a socket that is half gone. */
    if (xsk->program_link >= 0)
        close(xsk->program_link);
    if (xsk->sockets_map >= 0)
        close(xsk->sockets_map);
    unmap_ring(&xsk->fill);
    unmap_ring(&xsk->completion);
    unmap_ring(&xsk->rx);
    unmap_ring(&xsk->tx);
    if (xsk->fd >= 0)
        close(xsk->fd);
    if (xsk->memory != NULL)
        munmap(xsk->memory, xsk->memory_size);
}

int xsk_kick_tx(struct xsk *xsk)
{
    return sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

void xsk_kick_rx(struct xsk *xsk)
{
    recvfrom(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}
