/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch without switching logic: what arrives at a port leaves by its partner, 0 to 1 and 1 to 0, 2 to 3 and 3 to 2.
 * It behaves as DPDK's basic forwarding sample does (sample application guide, "Basic Forwarding"): one core polls all
 * ports in turn, in bursts of 32, with 1024 descriptors a ring, and drops what the partner does not take.
 *
 *     basicfwd FRAME_BYTES CPU HOUSEKEEPING_CPUS DEVICE DEVICE [DEVICE DEVICE ...]
 *
 * FRAME_BYTES is the largest frame without FCS, 60 to 9014; CPU is where it polls; HOUSEKEEPING_CPUS ("0" or "0,2-5")
 * are for everything else. It prints one JSON object a line:
 * "ready" when all ports are there, then the counters for each line "counters" on standard input. It ends with the
 * input.
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
/* What DPDK puts in front of a buffer. */
#define BUFFER_HEAD_BYTES 384

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

/* Counted by the polling core alone, read by the other: each port's on a cache line of its own. */
struct port {
    _Alignas(RTE_CACHE_LINE_SIZE) uint64_t in, out, dropped; /* packets; dropped: for which `out` had no room */
    uint16_t id;
};

struct forwarder {
    struct port ports[PORTS_MAX];
    unsigned count;
    uint32_t frame_len;
    bool stop; /* atomic */
};

static void add(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static uint64_t read_counter(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void forward(struct port *from, struct port *to)
{
    struct rte_mbuf *packets[BURST];
    uint16_t got = rte_eth_rx_burst(from->id, 0, packets, BURST);

    if (got == 0)
        return;
    add(&from->in, got);
    uint16_t sent = rte_eth_tx_burst(to->id, 0, packets, got);
    add(&to->out, sent);
    if (sent < got) {
        add(&to->dropped, got - sent);
        rte_pktmbuf_free_bulk(packets + sent, (unsigned)(got - sent));
    }
}

static int poll_ports(void *arg)
{
    struct forwarder *f = arg;

    while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
        for (unsigned i = 0; i < f->count; i++)
            forward(&f->ports[i], &f->ports[i ^ 1]);
    }
    return 0;
}

static int bring_up(struct forwarder *f, char *const *devices, struct dpdk_error *error)
{
    struct rte_mempool *pool = rte_pktmbuf_pool_create("basicfwd", f->count * BUFFERS_PER_PORT, BUFFER_CACHE, 0,
                                                       dpdk_buffer_len(f->frame_len), (int)rte_socket_id());
    if (pool == NULL) {
        snprintf(error->text, error->size, "no memory for %u packet buffers", f->count * BUFFERS_PER_PORT);
        return -1;
    }
    struct dpdk_port_config config = {
        .pool = pool,
        .rx_descriptors = DESCRIPTORS,
        .tx_descriptors = DESCRIPTORS,
        .frame_len = f->frame_len,
    };
    for (unsigned i = 0; i < f->count; i++) {
        int id = dpdk_attach(devices[i], error);
        if (id < 0 || dpdk_start_port((uint16_t)id, &config, error) < 0)
            return -1;
        f->ports[i].id = (uint16_t)id;
    }
    return 0;
}

static void print_counters(const struct forwarder *f)
{
    printf("{\"v\":1,\"type\":\"counters\",\"ports\":[");
    for (unsigned i = 0; i < f->count; i++) {
        const struct port *p = &f->ports[i];
        printf("%s{\"in_packets\":%" PRIu64 ",\"out_packets\":%" PRIu64 ",\"dropped_packets\":%" PRIu64 ",\"up\":%s}",
               i == 0 ? "" : ",", read_counter(&p->in), read_counter(&p->out), read_counter(&p->dropped),
               dpdk_link_is_up(p->id) ? "true" : "false");
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
    uint64_t bytes = DPDK_HUGEPAGE_BYTES + (uint64_t)f->count * BUFFERS_PER_PORT * buffer_bytes;
    int code = dpdk_begin(lcores, bytes, NULL, &error);

    if (code < 0 || bring_up(f, devices, &error) < 0) {
        fprintf(stderr, "basicfwd: %s\n", text);
        return EXIT_FAULT;
    }
    rte_eal_remote_launch(poll_ports, f, 1);
    serve(f);
    __atomic_store_n(&f->stop, true, __ATOMIC_RELAXED);
    rte_eal_wait_lcore(1);
    dpdk_end();
    return EXIT_DONE;
}

/* Where lcore 1, which polls, and lcore 0 may run. False where one of these is no list of CPUs. */
static bool map_lcores(const char *polling, const char *housekeeping, char *lcores)
{
    char lists[2][CPU_LIST_BYTES];
    cpu_set_t cpus;

    if (!cpu_list_parse(housekeeping, &cpus))
        return false;
    cpu_list_format(&cpus, lists[0]);
    if (!cpu_list_parse(polling, &cpus) || CPU_COUNT(&cpus) != 1)
        return false;
    cpu_list_format(&cpus, lists[1]);
    snprintf(lcores, DPDK_LCORES_BYTES, "0@(%s),1@%s", lists[0], lists[1]);
    return true;
}

int main(int argc, char **argv)
{
    static struct forwarder forwarder;
    char lcores[DPDK_LCORES_BYTES];
    int devices = argc - 4;
    unsigned long frame_len = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    if (devices < 2 || devices % 2 != 0 || devices > PORTS_MAX || frame_len < FRAME_LEN_MIN ||
        frame_len > IO_FRAME_MAX || !map_lcores(argv[2], argv[3], lcores)) {
        fprintf(stderr, "usage: basicfwd FRAME_BYTES CPU HOUSEKEEPING_CPUS DEVICE DEVICE [DEVICE DEVICE ...]\n"
                        "example: basicfwd 1514 1 0 net_vhost0,iface=/tmp/a net_vhost1,iface=/tmp/b\n");
        return EXIT_USAGE;
    }
    forwarder.count = (unsigned)devices;
    forwarder.frame_len = (uint32_t)frame_len;
    return (int)run(&forwarder, lcores, argv + 4);
}
