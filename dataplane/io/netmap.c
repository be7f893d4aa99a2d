/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netmap: rings in memory that a kernel module shares with us, and two system calls that bring them up to date, one a
 * burst. A port is an interface ("eth0", "netmap:eth0"), one end of a pipe ("x{1", "x}1"), or a port of the VALE switch
 * ("vale0:a"). Pipes and VALE's ports are made when they are opened, and known in this network namespace only.
 *
 * A slot is a buffer of the ring. Nothing is copied here; VALE copies from ring to ring, a pipe hands slots over.
 */
#include "netmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../frame/announcement.h"
#include "../load/clock.h"
#include "io.h"

#define NAME_PREFIX "netmap:"

/* A port that nobody has: its name is longer than an interface's may be. */
#define NO_SUCH_PORT "no-port-has-a-name-like-this"

#define HOW_TO_GET_IT "build its module, see https://github.com/luigirizzo/netmap, and `modprobe netmap`"

/*
 * One direction of a port. The geometry is a copy: what is in shared memory is believed only once it was checked, and
 * the kernel's index and each slot's buffer number are checked whenever they are read.
 */
struct ring {
    struct netmap_ring *shared;
    uint8_t *buffers;
    uint32_t slot_count;
    uint32_t buffer_size;
    uint32_t buffer_count; /* that lie within the memory */
    uint32_t head;         /* the first slot that is not given to the kernel */
    unsigned lent;         /* slots from head on */
};

struct netmap_port {
    int fd;
    uint8_t *memory;
    size_t memory_size;
    struct ring tx, rx;
};

static int real_open(void)
{
    int fd = open(NETMAP_DEVICE, O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int real_control(int fd, struct netmap_request *request)
{
    return ioctl(fd, NETMAP_CONTROL, request) == 0 ? 0 : -errno;
}

static int real_sync(int fd, unsigned long direction)
{
    return ioctl(fd, direction, NULL) == 0 ? 0 : -errno;
}

static void *real_map(int fd, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void real_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

static void real_close(int fd)
{
    close(fd);
}

static const struct netmap_calls real_calls = {
    .open = real_open,
    .control = real_control,
    .sync = real_sync,
    .map = real_map,
    .unmap = real_unmap,
    .close = real_close,
};
const struct netmap_calls *netmap_calls = &real_calls;

int netmap_request(int fd, enum netmap_request_type type, const char *name, void *body)
{
    struct netmap_request request = {
        .version = NETMAP_VERSION,
        .type = (uint16_t)type,
        .body = (uint64_t)(uintptr_t)body,
    };

    if (strlen(name) >= sizeof(request.name))
        return -ENAMETOOLONG;
    strcpy(request.name, name);
    return netmap_calls->control(fd, &request);
}

/* Whether the module speaks our version: it is asked about a port that does not exist, and refuses a request of a
 * version that it does not know before it looks for the port. */
static int check_version(int fd, char *why, size_t why_size)
{
    struct netmap_port_info info = {0};
    struct netmap_request request = {
        .version = NETMAP_VERSION,
        .type = NETMAP_PORT_INFO,
        .name = NO_SUCH_PORT,
        .body = (uint64_t)(uintptr_t)&info,
    };
    int error = netmap_calls->control(fd, &request);

    if (request.version != NETMAP_VERSION)
        snprintf(why, why_size, "netmap here speaks version %u of its interface, not %u: build the current module",
                 request.version, NETMAP_VERSION);
    else if (error == -EINVAL || error == -ENOTTY)
        snprintf(why, why_size, "netmap here does not speak version %u of its interface: build the current module",
                 NETMAP_VERSION);
    else
        return 0;
    return -EOPNOTSUPP;
}

int netmap_open_device(char *why, size_t why_size)
{
    int fd = netmap_calls->open();

    if (fd == -EACCES || fd == -EPERM)
        snprintf(why, why_size, "cannot open " NETMAP_DEVICE ": run as root, in a container that has it");
    else if (fd < 0)
        snprintf(why, why_size, "no netmap in this kernel (" NETMAP_DEVICE ": %s): " HOW_TO_GET_IT, strerror(-fd));
    if (fd < 0)
        return fd;
    int error = check_version(fd, why, why_size);
    if (error < 0) {
        netmap_calls->close(fd);
        return error;
    }
    return fd;
}

static int netmap_probe(char *why, size_t why_size)
{
    int fd = netmap_open_device(why, why_size);

    if (fd < 0)
        return fd == -EACCES || fd == -EPERM ? fd : -EOPNOTSUPP;
    netmap_calls->close(fd);
    return 0;
}

__attribute__((format(printf, 3, 4))) static int fail(struct io_port *port, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(port->error, sizeof(port->error), format, args);
    va_end(args);
    return -error;
}

/* The kernel, or who shares the memory with us, has written what cannot be. */
static int distrust(struct io_port *port, const char *what)
{
    return fail(port, EPROTO, "%s of %s cannot be right: netmap is not what we know it as", what, port->config.device);
}

static int judge_register(struct io_port *port, const char *name, int error)
{
    switch (error) {
    case 0:
        return 0;
    case -ENXIO:
    case -ENODEV:
        return fail(port, -error, "there is no port %s here: give an interface that `ip link` lists, or a pipe (x{1)",
                    name);
    case -EBUSY:
        return fail(port, -error, "%s is in use: detach it from its switch, or end the program that has it", name);
    case -ENOMEM:
        return fail(port, -error, "no memory for the rings of %s: free some, or load netmap with smaller rings", name);
    case -ENAMETOOLONG:
        return fail(port, -error, "%s is too long for a port: give at most %d characters", name, NETMAP_NAME_SIZE - 1);
    default:
        return fail(port, -error, "netmap does not open %s: %s", name, strerror(-error));
    }
}

/* Looks at one ring, whose offset counts from the port's description. Leaves it alone unless all of it lies in the
 * memory. */
static bool describe(struct ring *ring, const struct netmap_port *state, uint64_t if_offset, int64_t ring_offset)
{
    const uint64_t size = state->memory_size;
    /* Unsigned, and so without overflow: an offset that wraps is far beyond the end. */
    const uint64_t at = if_offset + (uint64_t)ring_offset;

    if (at > size || size - at < sizeof(struct netmap_ring) || at % _Alignof(struct netmap_ring) != 0)
        return false;
    struct netmap_ring *shared = (struct netmap_ring *)(void *)(state->memory + at);
    const uint32_t slot_count = shared->slot_count, buffer_size = shared->buffer_size, head = shared->head;
    const uint64_t buffers = at + (uint64_t)shared->buffers_offset;
    if (slot_count < 2 || slot_count > (size - at - sizeof(struct netmap_ring)) / sizeof(struct netmap_slot))
        return false;
    if (buffer_size == 0 || buffers > size || head >= slot_count || shared->tail >= slot_count)
        return false;
    const uint64_t buffer_count = (size - buffers) / buffer_size;
    *ring = (struct ring){
        .shared = shared,
        .buffers = state->memory + buffers,
        .slot_count = slot_count,
        .buffer_size = buffer_size,
        .buffer_count = buffer_count > UINT32_MAX ? UINT32_MAX : (uint32_t)buffer_count,
        .head = head,
    };
    return true;
}

/* Finds the rings in the memory that was mapped. */
static int describe_rings(struct io_port *port, uint64_t offset)
{
    struct netmap_port *state = port->state;
    const uint64_t size = state->memory_size;

    if (offset > size || size - offset < sizeof(struct netmap_if) || offset % _Alignof(struct netmap_if) != 0)
        return distrust(port, "the place of the rings");
    const struct netmap_if *description = (const struct netmap_if *)(const void *)(state->memory + offset);
    const uint64_t rx_index = (uint64_t)description->tx_rings + description->host_tx_rings;
    const uint64_t rings = (size - offset - sizeof(struct netmap_if)) / sizeof(description->ring_offsets[0]);
    if (description->tx_rings != 1 || description->rx_rings != 1 || rx_index >= rings)
        return distrust(port, "the number of rings");
    if (!describe(&state->tx, state, offset, description->ring_offsets[0]) ||
        !describe(&state->rx, state, offset, description->ring_offsets[rx_index]))
        return distrust(port, "a ring");
    if (state->tx.buffer_size < port->config.frame_len)
        return fail(port, EMSGSIZE, "a buffer of %s has %u bytes: give --size %u or less", port->config.device,
                    state->tx.buffer_size, state->tx.buffer_size);
    port->tx_queue_bytes = state->tx.slot_count * state->tx.buffer_size;
    port->rx_queue_bytes = state->rx.slot_count * state->rx.buffer_size;
    return 0;
}

static int bring_up(struct io_port *port)
{
    struct netmap_port *state = port->state;
    struct netmap_register request = {.mode = NETMAP_MODE_ALL_NIC};
    const char *name = port->config.device;

    if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
        name += strlen(NAME_PREFIX);
    int error = judge_register(port, name, netmap_request(state->fd, NETMAP_REGISTER, name, &request));
    if (error < 0)
        return error;
    if (request.tx_rings != 1 || request.rx_rings != 1)
        return fail(port, EINVAL, "%s has %u rings to send and %u to receive: `ethtool -L %s combined 1`", name,
                    request.tx_rings, request.rx_rings, name);
    if (request.memory_size == 0 || request.memory_size > SIZE_MAX / 2)
        return distrust(port, "the size of the memory");
    state->memory = netmap_calls->map(state->fd, (size_t)request.memory_size);
    if (state->memory == NULL)
        return fail(port, errno, "cannot map the rings of %s: %s", name, strerror(errno));
    state->memory_size = (size_t)request.memory_size;
    return describe_rings(port, request.offset);
}

static void netmap_close(struct io_port *port)
{
    struct netmap_port *state = port->state;

    if (state == NULL)
        return;
    if (state->memory != NULL)
        netmap_calls->unmap(state->memory, state->memory_size);
    netmap_calls->close(state->fd);
    free(state);
    port->state = NULL;
}

static int netmap_open(struct io_port *port)
{
    int fd = netmap_open_device(port->error, sizeof(port->error));

    if (fd < 0)
        return fd;
    struct netmap_port *state = calloc(1, sizeof(*state));
    if (state == NULL) {
        netmap_calls->close(fd);
        return fail(port, ENOMEM, "no memory");
    }
    state->fd = fd;
    port->state = state;
    int error = bring_up(port);
    if (error < 0)
        netmap_close(port);
    return error;
}

static int sync_ring(struct io_port *port, unsigned long direction)
{
    const struct netmap_port *state = port->state;
    int error = netmap_calls->sync(state->fd, direction);

    if (error >= 0 || error == -EINTR)
        return 0;
    return fail(port, -error, "%s is gone, or stopped (%s)", port->config.device, strerror(-error));
}

/* Slots between head and the kernel's index; negative where that is none of the ring. */
static int64_t count_slots(const struct ring *ring)
{
    const uint32_t tail = __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE);

    if (tail >= ring->slot_count)
        return -1;
    return tail >= ring->head ? tail - ring->head : (int64_t)tail + ring->slot_count - ring->head;
}

static uint32_t slot_after(const struct ring *ring, uint32_t index)
{
    return index + 1 == ring->slot_count ? 0 : index + 1;
}

/* Gives the first n slots to the kernel, which looks at them when the ring is next brought up to date. */
static void give(struct ring *ring, unsigned n)
{
    uint32_t head = ring->head + n;

    if (head >= ring->slot_count)
        head -= ring->slot_count;
    ring->head = head;
    ring->lent = 0;
    ring->shared->cur = head;
    __atomic_store_n(&ring->shared->head, head, __ATOMIC_RELEASE);
}

static int netmap_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct netmap_port *state = port->state;
    struct ring *ring = &state->tx;
    int64_t room = count_slots(ring);

    if (room >= 0 && room < n) {
        int error = sync_ring(port, NETMAP_TX_SYNC);
        if (error < 0)
            return error;
        room = count_slots(ring);
    }
    if (room < 0)
        return distrust(port, "the index of the ring to send");
    if (n > room)
        n = (unsigned)room;
    uint32_t index = ring->head;
    for (unsigned i = 0; i < n; i++, index = slot_after(ring, index)) {
        const uint32_t buffer = ring->shared->slots[index].buffer;
        if (buffer >= ring->buffer_count)
            return distrust(port, "a buffer to send");
        slots[i].data = ring->buffers + (size_t)buffer * ring->buffer_size;
        slots[i].len = port->config.frame_len;
    }
    ring->lent = n;
    return (int)n;
}

/* Slots that the kernel gives back may hold any length. */
static void netmap_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct netmap_port *state = port->state;
    struct ring *ring = &state->tx;
    uint32_t index = ring->head;

    for (unsigned i = 0; i < n && i < ring->lent; i++, index = slot_after(ring, index)) {
        struct netmap_slot *slot = &ring->shared->slots[index];
        slot->len = (uint16_t)slots[i].len;
        slot->flags = 0;
    }
}

static int send_slots(struct io_port *port, unsigned n)
{
    struct netmap_port *state = port->state;
    struct ring *ring = &state->tx;

    if (n > ring->lent)
        n = ring->lent;
    give(ring, n);
    int error = sync_ring(port, NETMAP_TX_SYNC);
    return error < 0 ? error : (int)n;
}

static int netmap_tx_commit(struct io_port *port, unsigned n)
{
    struct netmap_port *state = port->state;
    struct ring *ring = &state->tx;
    uint32_t index = ring->head;

    /* Of packets with a form the slots know their lengths. */
    for (unsigned i = 0; port->config.tx_form == NULL && i < n && i < ring->lent;
         i++, index = slot_after(ring, index)) {
        struct netmap_slot *slot = &ring->shared->slots[index];
        slot->len = (uint16_t)port->config.frame_len;
        slot->flags = 0;
    }
    return send_slots(port, n);
}

/* The kernel gets its slots back when it is next asked for packets. */
static void netmap_rx_release(struct io_port *port)
{
    struct netmap_port *state = port->state;

    if (state->rx.lent > 0)
        give(&state->rx, state->rx.lent);
}

static int netmap_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct netmap_port *state = port->state;
    struct ring *ring = &state->rx;

    netmap_rx_release(port);
    int error = sync_ring(port, NETMAP_RX_SYNC);
    if (error < 0)
        return error;
    const int64_t waiting = count_slots(ring);
    if (waiting < 0)
        return distrust(port, "the index of the ring to receive");
    if (waiting == 0)
        return 0;
    if (n > waiting)
        n = (unsigned)waiting;
    const uint64_t now = clock_ticks();
    uint32_t index = ring->head;
    for (unsigned i = 0; i < n; i++, index = slot_after(ring, index)) {
        const struct netmap_slot *slot = &ring->shared->slots[index];
        const uint32_t buffer = slot->buffer, len = slot->len;
        if (buffer >= ring->buffer_count || len > ring->buffer_size)
            return distrust(port, "a buffer received");
        slots[i] = (struct io_slot){
            .data = ring->buffers + (size_t)buffer * ring->buffer_size,
            .len = len,
            .seen_ticks = now,
        };
        /* Another CPU wrote it. */
        __builtin_prefetch(slots[i].data);
    }
    ring->lent = n;
    return (int)n;
}

static void netmap_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd)
{
    const struct netmap_port *state = port->state;

    *rx_fd = *tx_fd = state->fd;
}

/* 1, 0 where there is no room, which is no fault: nobody empties the pipe yet, and a switch that has to learn is asked
 * whether it has. Or a negative errno. */
static int announce_one(struct io_port *port, unsigned index)
{
    struct io_slot slot;
    int lent = netmap_tx_reserve(port, &slot, 1);

    if (lent <= 0)
        return lent;
    announcement_build(slot.data, &port->config, index);
    slot.len = announcement_len(&port->config);
    netmap_tx_lengths(port, &slot, 1);
    int sent = send_slots(port, 1);
    return sent < 0 ? sent : 1;
}

static int netmap_announce(struct io_port *port, unsigned first, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        int code = announce_one(port, first + i);
        if (code <= 0)
            return code < 0 ? code : (int)i;
    }
    return (int)n;
}

/* The module counts nothing: VALE drops what a full ring has no room for in silence. */
static void netmap_stats(struct io_port *port, struct io_stats *out)
{
    (void)port;
    *out = (struct io_stats){0, 0};
}

const struct io_ops io_netmap = {
    .name = "netmap",
    .title = "netmap, rings shared with the kernel",
    .capabilities = IO_WHOLE_FRAMES,
    .ports = (const char *const[]){"netmap", NULL},
    .probe = netmap_probe,
    .open = netmap_open,
    .tx_reserve = netmap_tx_reserve,
    .tx_lengths = netmap_tx_lengths,
    .tx_commit = netmap_tx_commit,
    .rx = netmap_rx,
    .descriptors = netmap_descriptors,
    .rx_release = netmap_rx_release,
    .announce = netmap_announce,
    .stats = netmap_stats,
    .close = netmap_close,
};
