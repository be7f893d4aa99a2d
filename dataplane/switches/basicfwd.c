/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch without switching logic: what arrives at a port leaves by its partner, 0 to 1 and 1 to 0, 2 to 3 and 3 to 2.
 * It behaves as DPDK's basic forwarding sample does (sample application guide, "Basic Forwarding"): a thread polls its
 * ports in turn, in bursts of 32, with 1024 descriptors a ring, and drops what the partner does not take. The sample
 * has one thread and one queue a port. Here there may be several of both: a queue of a port is polled by one thread,
 * which alone sends by the queue of the same number of the partner, so that threads have nothing in common.
 *
 *     basicfwd FRAME_BYTES CPUS HOUSEKEEPING_CPUS QUEUES THREADS DEVICE DEVICE [DEVICE DEVICE ...]
 *
 * FRAME_BYTES is the largest frame without FCS, 60 to 9014; CPUS is where each thread polls ("1" or "1,2", some may be
 * the same); HOUSEKEEPING_CPUS ("0" or "0,2-5") are for everything else; QUEUES is how many each port has; THREADS
 * names, for each queue of each port, the thread that polls it, counted from 0 ("0,1,0,1"). It prints one JSON object a
 * line: "ready" when all ports are there, then the counters for each line "counters" on standard input. It ends with
 * the input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "../frame/packet.h"
#include "../io/dpdk_eal.h"

#define BURST 32
#define DESCRIPTORS 1024
/* As the sample has for each port. */
#define BUFFERS_PER_PORT 8191
#define BUFFER_CACHE 250
/* All that DPDK was built for. */
#define PORTS_MAX RTE_MAX_ETHPORTS
#define WAYS_MAX (PORTS_MAX * IO_QUEUES_MAX)
#define THREADS_MAX 64
/* What DPDK puts in front of a buffer. */
#define BUFFER_HEAD_BYTES 384

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

/* From a queue of a port to the same of its partner. Counted by the one thread that polls it, read by another: each on
 * a cache line of its own. */
struct way {
    _Alignas(RTE_CACHE_LINE_SIZE) uint64_t in, out, dropped; /* packets; dropped: for which the partner had no room */
    uint16_t from, to, queue;
    unsigned thread;
};

struct forwarder {
    struct way ways[WAYS_MAX]; /* those of a port together, by queue */
    uint16_t ids[PORTS_MAX];
    unsigned ports, queues, threads;
    uint32_t frame_len;
    bool stop; /* atomic */
};

struct poller {
    struct forwarder *forwarder;
    unsigned thread;
};

static void add(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static uint64_t read_counter(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void forward(struct way *way)
{
    struct rte_mbuf *packets[BURST];
    uint16_t got = rte_eth_rx_burst(way->from, way->queue, packets, BURST);

    if (got == 0)
        return;
    add(&way->in, got);
    uint16_t sent = rte_eth_tx_burst(way->to, way->queue, packets, got);
    add(&way->out, sent);
    if (sent < got) {
        add(&way->dropped, got - sent);
        rte_pktmbuf_free_bulk(packets + sent, (unsigned)(got - sent));
    }
}

static int poll_ports(void *arg)
{
    const struct poller *poller = arg;
    struct forwarder *f = poller->forwarder;
    struct way *own[WAYS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < f->ports * f->queues; i++) {
        if (f->ways[i].thread == poller->thread)
            own[count++] = &f->ways[i];
    }
    while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
        for (unsigned i = 0; i < count; i++)
            forward(own[i]);
    }
    return 0;
}

static int bring_up(struct forwarder *f, char *const *devices, struct dpdk_error *error)
{
    struct rte_mempool *pool = rte_pktmbuf_pool_create("basicfwd", f->ports * BUFFERS_PER_PORT, BUFFER_CACHE, 0,
                                                       dpdk_buffer_len(f->frame_len), (int)rte_socket_id());
    if (pool == NULL) {
        snprintf(error->text, error->size, "no memory for %u packet buffers", f->ports * BUFFERS_PER_PORT);
        return -1;
    }
    struct dpdk_port_config config = {
        .pool = pool,
        .rx_descriptors = DESCRIPTORS,
        .tx_descriptors = DESCRIPTORS,
        .frame_len = f->frame_len,
        .queues = (uint16_t)f->queues,
    };
    for (unsigned i = 0; i < f->ports; i++) {
        int id = dpdk_attach(devices[i], error);
        if (id < 0 || dpdk_start_port((uint16_t)id, &config, error) < 0)
            return -1;
        f->ids[i] = (uint16_t)id;
    }
    for (unsigned i = 0; i < f->ports * f->queues; i++) {
        struct way *way = &f->ways[i];
        way->from = f->ids[i / f->queues];
        way->to = f->ids[(i / f->queues) ^ 1];
        way->queue = (uint16_t)(i % f->queues);
    }
    return 0;
}

/* What came in at a port, what left by it, what had no room there, and who polls its queues. */
static void print_port(const struct forwarder *f, unsigned port)
{
    const struct way *from = &f->ways[port * f->queues], *to = &f->ways[(port ^ 1) * f->queues];
    uint64_t in = 0, out = 0, dropped = 0;

    for (unsigned q = 0; q < f->queues; q++) {
        in += read_counter(&from[q].in);
        out += read_counter(&to[q].out);
        dropped += read_counter(&to[q].dropped);
    }
    printf("{\"in_packets\":%" PRIu64 ",\"out_packets\":%" PRIu64 ",\"dropped_packets\":%" PRIu64
           ",\"up\":%s,\"threads\":[",
           in, out, dropped, dpdk_link_is_up(f->ids[port]) ? "true" : "false");
    for (unsigned q = 0; q < f->queues; q++)
        printf("%s%u", q == 0 ? "" : ",", from[q].thread);
    printf("]}");
}

static void print_counters(const struct forwarder *f)
{
    printf("{\"v\":1,\"type\":\"counters\",\"ports\":[");
    for (unsigned i = 0; i < f->ports; i++) {
        if (i > 0)
            putchar(',');
        print_port(f, i);
    }
    printf("]}\n");
    fflush(stdout);
}

static void serve(const struct forwarder *f)
{
    char line[64];

    printf("{\"v\":1,\"type\":\"ready\"}\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "counters\n") == 0)
            print_counters(f);
        else
            fprintf(stderr, "basicfwd: unknown command: give counters\n");
    }
}

static enum exit_code run(struct forwarder *f, const char *lcores, char *const *devices)
{
    char text[256];
    struct dpdk_error error = {text, sizeof(text)};
    uint64_t buffer_bytes = dpdk_buffer_len(f->frame_len) + BUFFER_HEAD_BYTES;
    uint64_t bytes = DPDK_HUGEPAGE_BYTES + (uint64_t)f->ports * BUFFERS_PER_PORT * buffer_bytes;
    int code = dpdk_begin(lcores, bytes, NULL, &error);

    if (code < 0 || bring_up(f, devices, &error) < 0) {
        fprintf(stderr, "basicfwd: %s\n", text);
        return EXIT_FAULT;
    }
    struct poller pollers[THREADS_MAX];
    for (unsigned i = 0; i < f->threads; i++) {
        pollers[i] = (struct poller){.forwarder = f, .thread = i};
        rte_eal_remote_launch(poll_ports, &pollers[i], i + 1);
    }
    serve(f);
    __atomic_store_n(&f->stop, true, __ATOMIC_RELAXED);
    rte_eal_mp_wait_lcore();
    dpdk_end();
    return EXIT_DONE;
}

/* Numbers between commas, each below end; how many there are, 0 where the text is something else. */
static unsigned parse_numbers(const char *text, unsigned long end, unsigned *numbers, unsigned max)
{
    for (unsigned count = 0; count < max;) {
        char *rest;
        unsigned long number = strtoul(text, &rest, 10);
        if (*text < '0' || *text > '9' || number >= end)
            return 0;
        numbers[count++] = (unsigned)number;
        if (*rest == '\0')
            return count;
        if (*rest != ',')
            return 0;
        text = rest + 1;
    }
    return 0;
}

/* Where lcore 0 may run, and where each of those from 1 on polls. False where one of these is no list of CPUs. */
static bool map_lcores(struct forwarder *f, const char *polling, const char *housekeeping, char *lcores)
{
    unsigned numbers[THREADS_MAX];
    char list[CPU_LIST_BYTES];
    cpu_set_t cpus;

    f->threads = parse_numbers(polling, CPU_SETSIZE, numbers, THREADS_MAX);
    if (f->threads == 0 || !cpu_list_parse(housekeeping, &cpus))
        return false;
    cpu_list_format(&cpus, list);
    size_t len = (size_t)snprintf(lcores, DPDK_LCORES_BYTES, "0@(%s)", list);
    for (unsigned i = 0; i < f->threads; i++)
        len += (size_t)snprintf(lcores + len, DPDK_LCORES_BYTES - len, ",%u@%u", i + 1, numbers[i]);
    return true;
}

/* Who polls which queue. False where a queue has nobody, or one that there is not. */
static bool assign_ways(struct forwarder *f, const char *threads)
{
    unsigned numbers[WAYS_MAX];
    unsigned ways = f->ports * f->queues;

    if (parse_numbers(threads, f->threads, numbers, ways) != ways)
        return false;
    for (unsigned i = 0; i < ways; i++)
        f->ways[i].thread = numbers[i];
    return true;
}

int main(int argc, char **argv)
{
    static struct forwarder forwarder;
    char lcores[DPDK_LCORES_BYTES];
    int devices = argc - 6;
    unsigned long frame_len = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long queues = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;

    forwarder.ports = (unsigned)devices;
    forwarder.queues = (unsigned)queues;
    forwarder.frame_len = (uint32_t)frame_len;
    if (devices < 2 || devices % 2 != 0 || devices > PORTS_MAX || queues < 1 || queues > IO_QUEUES_MAX ||
        frame_len < FRAME_LEN_MIN || frame_len > IO_FRAME_MAX || !map_lcores(&forwarder, argv[2], argv[3], lcores) ||
        !assign_ways(&forwarder, argv[5])) {
        fprintf(stderr, "usage: basicfwd FRAME_BYTES CPUS HOUSEKEEPING_CPUS QUEUES THREADS DEVICE DEVICE [DEVICE "
                        "DEVICE ...]\n"
                        "example: basicfwd 1514 1 0 1 0,0 net_vhost0,iface=/tmp/a net_vhost1,iface=/tmp/b\n");
        return EXIT_USAGE;
    }
    return (int)run(&forwarder, lcores, argv + 6);
}
