/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk_eal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "../load/clock.h"

#define NO_RUNTIME "EAL: Error creating '/var/run/dpdk'"
#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define PEER_WAIT_NS (2 * NS_PER_SECOND)
#define PEER_POLL_US 5000

/* What DPDK logs, for the one line that explains a failure. It lives as long as the process: DPDK's own threads write
 * to it, too. */
static struct {
    FILE *stream;
    char *text;
    size_t len;
} dpdk_log;

__attribute__((format(printf, 3, 4))) static int fail(struct dpdk_error *error, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, error->size, format, args);
    va_end(args);
    return -code;
}

static void forget_log(void)
{
    if (dpdk_log.stream != NULL)
        rewind(dpdk_log.stream);
}

/* The first line that DPDK has logged since the last forget_log, without the line's end. That there is no place for its
 * runtime files it says in every container, and does without. */
static const char *first_logged(void)
{
    char *line;

    if (dpdk_log.stream == NULL || fflush(dpdk_log.stream) != 0 || dpdk_log.len == 0)
        return "DPDK does not say why";
    for (line = dpdk_log.text; strncmp(line, NO_RUNTIME, strlen(NO_RUNTIME)) == 0;) {
        char *end = strchr(line, '\n');
        if (end == NULL || end[1] == '\0')
            break;
        line = end + 1;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Bytes of the free hugepages that are no larger than what is needed: others are not taken. */
static uint64_t free_hugepage_bytes(uint64_t needed)
{
    uint64_t bytes = 0;
    DIR *folder = opendir(HUGEPAGES);

    if (folder == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[sizeof(HUGEPAGES) + sizeof(entry->d_name) + sizeof("/free_hugepages")];
        uint64_t kib, pages = 0;
        if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kib) != 1 || kib * 1024 > needed)
            continue;
        snprintf(path, sizeof(path), "%s/%s/free_hugepages", HUGEPAGES, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        if (fscanf(file, "%" SCNu64, &pages) == 1)
            bytes += pages * kib * 1024;
        fclose(file);
    }
    closedir(folder);
    return bytes;
}

/* The same limit for each NUMA node, as --socket-limit takes it. Without it DPDK helps itself to a page of 1 GiB that
 * somebody else has reserved, for memory in one piece, and is seconds late as it clears it. */
static const char *limits(char *text, size_t size, uint64_t mib)
{
    size_t len = (size_t)snprintf(text, size, "--socket-limit=%" PRIu64, mib);

    for (unsigned node = 1; node < RTE_MAX_NUMA_NODES && len < size; node++)
        len += (size_t)snprintf(text + len, size - len, ",%" PRIu64, mib);
    return text;
}

bool dpdk_is_pci(const char *device)
{
    /* [domain:]bus:device.function, in hexadecimal; no virtual device has a ':' before its first ','. */
    size_t len = strspn(device, "0123456789abcdefABCDEF:.");

    return (device[len] == '\0' || device[len] == ',') && memchr(device, ':', len) != NULL;
}

int dpdk_begin(const char *lcores, uint64_t bytes, const char *pci_device, struct dpdk_error *error)
{
    char lcore_map[DPDK_LCORES_BYTES + sizeof("--lcores=")], megabytes[32], limit[16 * RTE_MAX_NUMA_NODES];
    uint64_t mib = bytes >> 20, free_mib = free_hugepage_bytes(bytes) >> 20;

    if (free_mib < mib)
        return fail(error, ENOMEM,
                    "needs %" PRIu64 " MiB of hugepages, and %" PRIu64 " MiB are free: add %" PRIu64
                    " to the number in " HUGEPAGES "/hugepages-2048kB/nr_hugepages",
                    mib, free_mib, (mib - free_mib + 1) / 2);
    if (dpdk_log.stream == NULL && (dpdk_log.stream = open_memstream(&dpdk_log.text, &dpdk_log.len)) != NULL)
        rte_openlog_stream(dpdk_log.stream);
    snprintf(lcore_map, sizeof(lcore_map), "--lcores=%s", lcores);
    snprintf(megabytes, sizeof(megabytes), "%" PRIu64, mib);
    /* One file for all pages: vhost-user hands over a descriptor a region, and takes few. */
    const char *args[] = {"vswbench",       "--in-memory",
                          "--no-telemetry", "--single-file-segments",
                          "--log-level=4",  "-m",
                          megabytes,        limits(limit, sizeof(limit), mib),
                          lcore_map,        pci_device != NULL ? "-a" : "--no-pci",
                          pci_device};
    int count = (int)(sizeof(args) / sizeof(args[0])) - (pci_device == NULL);
    if (rte_eal_init(count, (char **)(uintptr_t)args) < 0)
        return fail(error, rte_errno != 0 ? rte_errno : EIO, "DPDK does not start: %s", first_logged());
    return 0;
}

void dpdk_end(void)
{
    rte_eal_cleanup();
}

/* A PCI device is there since the start; a virtual one comes into being by this. A port number or a negative errno. */
static int find_or_make(const char *device)
{
    char name[RTE_ETH_NAME_MAX_LEN];
    uint16_t port;
    int code = dpdk_is_pci(device) ? 0 : rte_dev_probe(device);

    if (code < 0)
        return code;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(device, ","), device);
    if (rte_eth_dev_get_port_by_name(name, &port) == 0)
        return port;
    /* A PCI address may be written without its domain; no other PCI device is there. */
    return dpdk_is_pci(device) && rte_eth_dev_count_avail() == 1 ? (int)rte_eth_find_next(0) : -ENODEV;
}

int dpdk_attach(const char *device, struct dpdk_error *error)
{
    uint64_t give_up = clock_ns(CLOCK_MONOTONIC) + PEER_WAIT_NS;

    for (;;) {
        forget_log();
        int port = find_or_make(device);
        if (port >= 0)
            return port;
        if (clock_ns(CLOCK_MONOTONIC) >= give_up)
            return fail(error, -port, "cannot open %s (%s): %s", device, strerror(-port), first_logged());
        usleep(PEER_POLL_US);
    }
}

/* The MTU that a frame of this length needs, or 0: as it is. A memif says that it takes 1518 bytes (max_rx_pktlen), and
 * takes what its buffers hold. */
static uint32_t mtu_for(const struct rte_eth_dev_info *info, uint32_t frame_len)
{
    bool cannot_be_told = strcmp(info->driver_name, "net_memif") == 0;

    return frame_len <= IO_FRAME_USUAL || cannot_be_told ? 0 : frame_len - RTE_ETHER_HDR_LEN;
}

static int configure(uint16_t port, const struct dpdk_port_config *config)
{
    struct rte_eth_conf conf = {.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE};
    struct rte_eth_dev_info info;
    uint16_t rx = config->rx_descriptors, tx = config->tx_descriptors;
    int code = rte_eth_dev_info_get(port, &info);

    if (code == 0) {
        conf.rxmode.mtu = mtu_for(&info, config->frame_len);
        /* All buffers are of one pool and have one owner: what a NIC's driver needs to free them quickly. */
        conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
        code = rte_eth_dev_configure(port, config->queues, config->queues, &conf);
    }
    if (code == 0)
        code = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
    for (uint16_t queue = 0; code == 0 && queue < config->queues; queue++) {
        unsigned node = (unsigned)rte_eth_dev_socket_id(port);
        code = rte_eth_rx_queue_setup(port, queue, rx, node, NULL, config->pool);
        if (code == 0)
            code = rte_eth_tx_queue_setup(port, queue, tx, node, NULL);
    }
    return code;
}

/* Makes the port receive what is sent to this address, by whichever way it has. Ports without a filter need none. */
static void accept_mac(uint16_t port, const uint8_t *mac)
{
    struct rte_ether_addr address;

    memcpy(address.addr_bytes, mac, sizeof(address.addr_bytes));
    if (rte_eth_dev_default_mac_addr_set(port, &address) != 0)
        rte_eth_promiscuous_enable(port);
}

/* A memif looks for its peer's socket only now, which may be about to appear. */
static int start(uint16_t port)
{
    uint64_t give_up = clock_ns(CLOCK_MONOTONIC) + PEER_WAIT_NS;

    for (;;) {
        forget_log();
        int code = rte_eth_dev_start(port);
        if (code == 0 || clock_ns(CLOCK_MONOTONIC) >= give_up)
            return code;
        usleep(PEER_POLL_US);
    }
}

int dpdk_start_port(uint16_t port, const struct dpdk_port_config *config, struct dpdk_error *error)
{
    forget_log();
    int code = configure(port, config);

    if (code == 0 && config->mac != NULL)
        accept_mac(port, config->mac);
    if (code == 0)
        code = start(port);
    return code < 0 ? fail(error, -code, "cannot start DPDK port %u: %s", port, first_logged()) : 0;
}

bool dpdk_link_is_up(uint16_t port)
{
    struct rte_eth_link link;

    return rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}
