/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switches of eBPF, between interfaces of the network namespace that it runs in. Programs are attached by links and
 * nothing is pinned: all is gone with this process.
 *
 *     redirect xdp INTERFACE=OTHER_END ...           learns and redirects by XDP, in the driver
 *     redirect xdp-generic INTERFACE=OTHER_END ...   the same after the kernel has made an skb of each frame
 *     redirect tc-peer INTERFACE=OTHER_END ...       hands over to the other end of the partner's cable: 0 to 1 and
 *                                                    1 to 0, 2 to 3 and 3 to 2
 *
 * Ports are veth interfaces with their other ends, which are still here: a container's, later. It prints one JSON
 * object a line: "ready" when all is attached; "counters" for each line "counters" on standard input; and "stranger",
 * the first that the switch would flood or null, for a line "stranger PORT MAC [PORT MAC ...]", ports counted from 0.
 * It ends with the input.
 *
 * Exit codes: 0 done, 1 fault, 2 usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/bpf.h"
#include "redirect_programs.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };
enum mode { MODE_NONE, MODE_XDP, MODE_XDP_GENERIC, MODE_TC_PEER };

#define PORTS_MAX 256

struct port {
    char other_end[IFNAMSIZ];
    char interface[IFNAMSIZ];
    int index;
};

struct redirect {
    enum mode mode;
    struct port ports[PORTS_MAX];
    uint32_t count;
    struct maps maps;
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
    va_list args;

    fputs("redirect: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

static enum mode parse_mode(const char *text)
{
    static const char *const names[] = {
        [MODE_XDP] = "xdp", [MODE_XDP_GENERIC] = "xdp-generic", [MODE_TC_PEER] = "tc-peer"};

    for (enum mode mode = MODE_XDP; mode <= MODE_TC_PEER; mode++)
        if (strcmp(text, names[mode]) == 0)
            return mode;
    return MODE_NONE;
}

static bool parse_port(struct port *port, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals - text >= IFNAMSIZ || strlen(equals + 1) >= IFNAMSIZ)
        return false;
    memcpy(port->interface, text, (size_t)(equals - text));
    strcpy(port->other_end, equals + 1);
    return true;
}

static bool parse(struct redirect *r, int count, char **arguments)
{
    r->mode = count > 0 ? parse_mode(arguments[0]) : MODE_NONE;
    r->count = (uint32_t)count - 1;
    if (r->mode == MODE_NONE || r->count < 2 || r->count > PORTS_MAX || (r->mode == MODE_TC_PEER && r->count % 2 != 0))
        return false;
    for (uint32_t i = 0; i < r->count; i++)
        if (!parse_port(&r->ports[i], arguments[i + 1]))
            return false;
    return true;
}

static bool make_maps(struct redirect *r)
{
    bpf_lift_memory_limit();
    r->maps.addresses = bpf_map_create(BPF_MAP_TYPE_HASH, sizeof(struct address), sizeof(uint32_t), ADDRESSES_MAX);
    r->maps.ports = bpf_map_create(BPF_MAP_TYPE_DEVMAP, sizeof(uint32_t), sizeof(uint32_t), r->count);
    r->maps.counts = bpf_map_create(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct port_counts), r->count);
    if (r->maps.addresses < 0 || r->maps.ports < 0 || r->maps.counts < 0)
        return fail("the kernel makes no maps: run as root, on Linux 5.14 or later");
    return true;
}

static bool set_feature(int fd, const char *interface, uint32_t command, bool on)
{
    struct ethtool_value value = {.cmd = command, .data = on};
    struct ifreq request = {.ifr_data = (char *)&value};

    memcpy(request.ifr_name, interface, IFNAMSIZ);
    return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

/* A veth takes redirected frames where its other end polls, which it does with GRO. And what a sender leaves for a
 * device to do, XDP forgets: checksums are finished before. Both go with the interface into the container. */
static bool prepare(const char *other_end)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool done =
        fd >= 0 && set_feature(fd, other_end, ETHTOOL_SGRO, true) && set_feature(fd, other_end, ETHTOOL_STXCSUM, false);
    int error = errno;

    if (fd >= 0)
        close(fd);
    if (!done)
        return fail("%s takes neither GRO nor senders' checksums (%s): give a veth", other_end, strerror(error));
    return true;
}

/* What is not explained lies in the kernel: which release has it, the driver of the switch knows. */
static bool attach_port(const struct redirect *r, uint32_t number)
{
    const struct port *port = &r->ports[number];
    const bool peer = r->mode == MODE_TC_PEER;
    int program =
        peer ? load_hand_over(&r->maps, number, r->ports[number ^ 1].index) : load_learning_switch(&r->maps, number);
    if (program < 0)
        return fail("the kernel does not take the program (%s): see 'vswbench doctor'", strerror(-program));
    uint32_t flags = r->mode == MODE_XDP ? XDP_FLAGS_DRV_MODE : r->mode == MODE_XDP_GENERIC ? XDP_FLAGS_SKB_MODE : 0;
    int link = bpf_attach(program, port->index, peer ? ATTACH_TCX_INGRESS : ATTACH_XDP, flags);
    close(program);
    /* The link stays open until the end. */
    if (link < 0)
        return fail("cannot attach to %s (%s): see 'vswbench doctor'", port->interface, strerror(-link));
    return true;
}

static bool open_ports(struct redirect *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        struct port *port = &r->ports[i];
        port->index = (int)if_nametoindex(port->interface);
        if (port->index == 0)
            return fail("there is no interface %s: make it first", port->interface);
        if (r->mode == MODE_TC_PEER)
            continue;
        if (!prepare(port->other_end))
            return false;
        if (bpf_map_put(r->maps.ports, &i, &port->index) < 0)
            return fail("cannot redirect to %s: use Linux 5.14 or later", port->interface);
    }
    for (uint32_t i = 0; i < r->count; i++)
        if (!attach_port(r, i))
            return false;
    return true;
}

static void print_counters(const struct redirect *r)
{
    printf("{\"v\":1,\"type\":\"counters\",\"ports\":[");
    for (uint32_t i = 0; i < r->count; i++) {
        struct port_counts counts = {0};
        bpf_map_get(r->maps.counts, &i, &counts);
        printf("%s{\"handed_over_packets\":%" PRIu64 ",\"flooded_packets\":%" PRIu64 ",\"kept_back_packets\":%" PRIu64
               "}",
               i == 0 ? "" : ",", counts.handed_over, counts.flooded, counts.kept_back);
    }
    puts("]}");
}

static bool lives_at(const struct redirect *r, const char *mac, const char *port)
{
    struct address key = {0};
    uint32_t number;
    uint8_t *m = key.mac;

    return sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) == 6 &&
           bpf_map_get(r->maps.addresses, &key, &number) == 0 && number == strtoul(port, NULL, 10);
}

/* `list` has ports and addresses in turn. */
static void print_stranger(const struct redirect *r, char *list)
{
    char *rest = NULL;

    for (char *port = strtok_r(list, " \n", &rest); port != NULL; port = strtok_r(NULL, " \n", &rest)) {
        const char *mac = strtok_r(NULL, " \n", &rest);
        if (mac != NULL && !lives_at(r, mac, port)) {
            printf("{\"v\":1,\"type\":\"stranger\",\"mac\":\"%.17s\"}\n", mac);
            return;
        }
    }
    puts("{\"v\":1,\"type\":\"stranger\",\"mac\":null}");
}

static void answer(const struct redirect *r)
{
    static const char question[] = "stranger ";
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        if (strcmp(line, "counters\n") == 0)
            print_counters(r);
        else if (strncmp(line, question, sizeof(question) - 1) == 0)
            print_stranger(r, line + sizeof(question) - 1);
        else
            fail("unknown question: ask for counters or stranger");
        fflush(stdout);
    }
    free(line);
}

int main(int argc, char **argv)
{
    static struct redirect r;

    if (!parse(&r, argc - 1, argv + 1)) {
        fail("usage: redirect xdp|xdp-generic|tc-peer INTERFACE=OTHER_END INTERFACE=OTHER_END ...");
        return EXIT_USAGE;
    }
    if (!make_maps(&r) || !open_ports(&r))
        return EXIT_FAULT;
    puts("{\"v\":1,\"type\":\"ready\"}");
    fflush(stdout);
    answer(&r);
    return EXIT_DONE;
}
