/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK: any Ethernet device that its device arguments can name. For containers that is virtio-user (the client of a
 * vhost-user socket), vhost (its server) and memif; a PCI address takes a NIC's function.
 *
 * A slot is the data of an mbuf. Nothing is copied here: what a role writes is what the device reads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "../frame/announcement.h"
#include "../load/clock.h"
#include "../load/cpu_list.h"
#include "dpdk.h"
#include "dpdk_eal.h"
#include "io.h"

/* Room for what comes while a process that shares its CPU has to wait for its turn. virtio-user takes the number from
 * its device argument. */
#define DESCRIPTORS 1024
/* Buffers of a process beside those in rings: a burst lent each way, and what the pool's cache holds back. */
#define BUFFERS_LENT (2 * IO_BURST_MAX + BUFFER_CACHE)
#define BUFFER_CACHE 512

#define LINK_WAIT_NS (8 * NS_PER_SECOND)
#define LINK_POLL_US 1000
/* A memif server that is not started yet turns its client away, for good: the client has to try again. */
#define RECONNECT_NS (100 * NS_PER_MS)

int dpdk_probe(char *why, size_t why_size)
{
    if (access("/sys/kernel/mm/hugepages", F_OK) == 0)
        return 0;
    snprintf(why, why_size, "the kernel has no hugepages: use one with CONFIG_HUGETLBFS");
    return -EOPNOTSUPP;
}

/* The EAL's only thread may run where this one may. */
static int begin(const char *device, uint32_t frame_len, uint32_t queues, struct dpdk_error *error)
{
    char list[CPU_LIST_BYTES], lcores[DPDK_LCORES_BYTES];
    cpu_set_t cpus;

    if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
        return -errno;
    cpu_list_format(&cpus, list);
    snprintf(lcores, sizeof(lcores), "0@(%s)", list);
    char pci[32];
    snprintf(pci, sizeof(pci), "%.*s", (int)strcspn(device, ","), device);
    bool usual = frame_len <= IO_FRAME_USUAL;
    uint64_t bytes = usual ? DPDK_HUGEPAGE_BYTES : DPDK_JUMBO_HUGEPAGE_BYTES;
    bytes += (queues - 1) * (usual ? DPDK_QUEUE_HUGEPAGE_BYTES : DPDK_JUMBO_QUEUE_HUGEPAGE_BYTES);
    return dpdk_begin(lcores, bytes, dpdk_is_pci(device) ? pci : NULL, error);
}

/* With vhost-user and memif the other end comes and goes: without it, nothing that is sent arrives. */
static int wait_for_link(const struct dpdk_port *state, struct io_port *port, const char *device)
{
    bool memif_client = strncmp(device, "net_memif", 9) == 0 && strstr(device, "role=client") != NULL;
    uint64_t now = clock_ns(CLOCK_MONOTONIC), give_up = now + LINK_WAIT_NS, reconnect = now + RECONNECT_NS;

    for (; !dpdk_link_is_up(state->id); now = clock_ns(CLOCK_MONOTONIC)) {
        if (now >= give_up) {
            snprintf(port->error, sizeof(port->error), "nobody is at the other end of %s", device);
            return -ENOTCONN;
        }
        if (memif_client && now >= reconnect) {
            rte_eth_dev_stop(state->id);
            rte_eth_dev_start(state->id);
            reconnect = now + RECONNECT_NS;
        }
        usleep(LINK_POLL_US);
    }
    return 0;
}

static int bring_up(struct io_port *port, struct dpdk_port *state, const struct dpdk_device *device)
{
    struct dpdk_error error = {port->error, sizeof(port->error)};
    int id = dpdk_attach(device->argument, &error);

    if (id < 0)
        return id;
    state->id = (uint16_t)id;
    state->attached = true;
    unsigned buffers = BUFFERS_LENT + (unsigned)state->queues * 2 * device->descriptors;
    state->pool = rte_pktmbuf_pool_create("vswload", buffers, BUFFER_CACHE, 0, dpdk_buffer_len(state->frame_len),
                                          (int)rte_socket_id());
    if (state->pool == NULL) {
        snprintf(port->error, sizeof(port->error), "no memory for %u packet buffers", buffers);
        return -ENOMEM;
    }
    struct dpdk_port_config config = {
        .pool = state->pool,
        .rx_descriptors = device->descriptors,
        .tx_descriptors = device->descriptors,
        .frame_len = state->frame_len,
        .queues = state->queues,
        .mac = device->keeps_mac ? NULL : port->config.local.mac,
    };
    int code = dpdk_start_port(state->id, &config, &error);
    return code < 0 ? code : wait_for_link(state, port, device->argument);
}

void dpdk_close(struct io_port *port)
{
    struct dpdk_port *state = port->state;

    if (state == NULL)
        return;
    if (state->attached) {
        rte_pktmbuf_free_bulk(state->tx, state->tx_held);
        rte_pktmbuf_free_bulk(state->rx.packets + state->rx.begin, state->rx.end - state->rx.begin);
        rte_eth_dev_stop(state->id);
        rte_eth_dev_close(state->id);
    }
    dpdk_end();
    free(state);
    port->state = NULL;
}

int dpdk_open_device(struct io_port *port, const struct dpdk_device *device, size_t state_size)
{
    struct dpdk_error error = {port->error, sizeof(port->error)};
    int code = begin(device->argument, port->config.frame_len, port->config.queues, &error);

    if (code < 0)
        return code;
    struct dpdk_port *state = calloc(1, state_size);
    if (state == NULL) {
        dpdk_end();
        return -ENOMEM;
    }
    port->state = state;
    state->frame_len = port->config.frame_len;
    state->queues = (uint16_t)port->config.queues;
    code = bring_up(port, state, device);
    if (code < 0)
        dpdk_close(port);
    return code;
}

static int dpdk_open(struct io_port *port)
{
    const struct dpdk_device device = {.argument = port->config.device, .descriptors = DESCRIPTORS};

    return dpdk_open_device(port, &device, sizeof(struct dpdk_port));
}

/* Has at least n buffers at hand, if the pool has. Returns how many there are, up to n. */
static unsigned hold(struct dpdk_port *state, unsigned n)
{
    if (n <= state->tx_held)
        return n;
    unsigned more = n - state->tx_held;
    if (rte_pktmbuf_alloc_bulk(state->pool, state->tx + state->tx_held, more) != 0)
        return state->tx_held;
    for (unsigned i = state->tx_held; i < n; i++)
        state->tx[i]->pkt_len = state->tx[i]->data_len = (uint16_t)state->frame_len;
    state->tx_held = n;
    return n;
}

int dpdk_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct dpdk_port *state = port->state;

    n = hold(state, n);
    for (unsigned i = 0; i < n; i++)
        slots[i] = (struct io_slot){.data = rte_pktmbuf_mtod(state->tx[i], uint8_t *), .len = state->frame_len};
    return (int)n;
}

void dpdk_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    struct dpdk_port *state = port->state;

    for (unsigned i = 0; i < n; i++)
        state->tx[i]->pkt_len = state->tx[i]->data_len = (uint16_t)slots[i].len;
}

/* The queue after this one. */
static uint16_t next_queue(const struct dpdk_port *state, uint16_t queue)
{
    return queue + 1 < state->queues ? (uint16_t)(queue + 1) : 0;
}

/* The queues have a burst in turn. */
int dpdk_tx_commit(struct io_port *port, unsigned n)
{
    struct dpdk_port *state = port->state;
    uint16_t sent = rte_eth_tx_burst(state->id, state->tx_queue, state->tx, (uint16_t)n);

    state->tx_queue = next_queue(state, state->tx_queue);
    /* What the port did not take is lent again. */
    state->tx_held -= sent;
    if (state->tx_held > 0)
        memmove(state->tx, state->tx + sent, state->tx_held * sizeof(state->tx[0]));
    return sent;
}

void dpdk_rx_release(struct io_port *port)
{
    struct rx_batch *rx = &((struct dpdk_port *)port->state)->rx;
    unsigned n = rx_batch_take_back(rx);

    rte_pktmbuf_free_bulk(rx->packets + rx->begin - n, n);
}

int dpdk_rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct dpdk_port *state = port->state;
    struct rx_batch *rx = &state->rx;

    if (rx->lent > 0)
        dpdk_rx_release(port);
    if (rx_batch_is_empty(rx)) {
        unsigned got = rte_eth_rx_burst(state->id, state->rx_queue, rx->packets, (uint16_t)rx_batch_ask(n));
        state->rx_queue = next_queue(state, state->rx_queue);
        if (got == 0)
            return 0;
        rx_batch_fill(rx, got, clock_ticks());
    }
    n = rx_batch_lend(rx, n);
    for (unsigned i = 0; i < n; i++) {
        struct rte_mbuf *packet = rx->packets[rx->begin + i];
        slots[i] = (struct io_slot){
            .data = rte_pktmbuf_mtod(packet, uint8_t *),
            .len = packet->data_len,
            .seen_ticks = rx->seen_ticks,
        };
        /* The other end wrote it: its first line is in another CPU's cache. */
        rte_prefetch0(slots[i].data);
    }
    return (int)n;
}

/* A ring that was just set up may not be looked at yet. */
#define ANNOUNCE_TRIES 100
#define ANNOUNCE_POLL_US 100

static int announce_one(struct io_port *port, unsigned index)
{
    struct dpdk_port *state = port->state;
    struct rte_mbuf *packet = rte_pktmbuf_alloc(state->pool);

    if (packet == NULL)
        return -ENOMEM;
    packet->pkt_len = packet->data_len = (uint16_t)announcement_len(&port->config);
    announcement_build(rte_pktmbuf_mtod(packet, uint8_t *), &port->config, index);
    for (int tries = 0; tries < ANNOUNCE_TRIES; tries++) {
        if (rte_eth_tx_burst(state->id, 0, &packet, 1) == 1)
            return 0;
        usleep(ANNOUNCE_POLL_US);
    }
    /* No fault: the peer of a memif that only sends has no room for what comes, and a switch that has to learn is asked
     * whether it has. */
    rte_pktmbuf_free(packet);
    return 1;
}

int dpdk_announce(struct io_port *port, unsigned first, unsigned n)
{
    /* Where there is no room for one, there is none for the next ones either. */
    for (unsigned i = 0; i < n; i++) {
        int code = announce_one(port, first + i);
        if (code != 0)
            return code < 0 ? code : (int)i;
    }
    return (int)n;
}

void dpdk_stats(struct io_port *port, struct io_stats *out)
{
    const struct dpdk_port *state = port->state;
    struct rte_eth_stats stats;

    *out = (struct io_stats){0, 0};
    if (rte_eth_stats_get(state->id, &stats) == 0)
        out->rx_dropped = stats.imissed;
}

const struct io_ops io_dpdk = {
    .name = "dpdk",
    .title = "DPDK, polling in user space",
    .capabilities = IO_WHOLE_FRAMES,
    .ports = (const char *const[]){"vhost-user", "memif", "vf", NULL},
    .hugepage_bytes = DPDK_HUGEPAGE_BYTES,
    .jumbo_hugepage_bytes = DPDK_JUMBO_HUGEPAGE_BYTES,
    .queues_max = IO_QUEUES_MAX,
    .queue_hugepage_bytes = DPDK_QUEUE_HUGEPAGE_BYTES,
    .jumbo_queue_hugepage_bytes = DPDK_JUMBO_QUEUE_HUGEPAGE_BYTES,
    .probe = dpdk_probe,
    .open = dpdk_open,
    .tx_reserve = dpdk_tx_reserve,
    .tx_lengths = dpdk_tx_lengths,
    .tx_commit = dpdk_tx_commit,
    .rx = dpdk_rx,
    .rx_release = dpdk_rx_release,
    .announce = dpdk_announce,
    .stats = dpdk_stats,
    .close = dpdk_close,
};
