/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks and tells VALE, the switch inside the netmap module. A switch exists while it has ports, in the network
 * namespace that they were made in, and its name begins with "vale".
 *
 *     vale attach SWITCH NIC       makes an interface that exists a port
 *     vale detach SWITCH NIC       succeeds, too, where it is none
 *     vale list SWITCH             prints {"v":1,"ports":[NAME, ...]}
 *     vale strangers SWITCH MAC... prints {"v":1,"strangers":[MAC, ...]}, those that the switch floods
 *
 * VALE does not show what it has learnt. But of two ports made for that, the second sees what the first sends to an
 * address exactly where that address is not known: such a frame is flooded.
 *
 * Exit codes: 0 done, 1 fault, 2 usage, 77 no netmap here.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../io/io.h"
#include "../io/netmap.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_NOT_SUPPORTED = 77 };

#define MACS_MAX 256
#define PROBE_LEN 60
/* An EtherType for experiments (IEEE 802). */
#define PROBE_TYPE 0x88b5
/* Where in the frame the number of the address stands that it asks for. */
#define PROBE_NUMBER ETHER_HDR_LEN

extern const struct io_ops io_netmap;

__attribute__((format(printf, 2, 3))) static enum exit_code fail(enum exit_code code, const char *format, ...)
{
    va_list args;

    fputs("vale: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

static bool port_name(char name[NETMAP_NAME_SIZE], const char *of_switch, const char *interface)
{
    return snprintf(name, NETMAP_NAME_SIZE, "%s:%s", of_switch, interface) < NETMAP_NAME_SIZE;
}

static int attach(int fd, const char *port)
{
    struct netmap_vale_attach request = {.port.mode = NETMAP_MODE_ALL_NIC};

    return netmap_request(fd, NETMAP_VALE_ATTACH, port, &request);
}

static int detach(int fd, const char *port)
{
    struct netmap_vale_detach request = {0};
    int error = netmap_request(fd, NETMAP_VALE_DETACH, port, &request);

    /* It has no such port, or there is no such switch. */
    return error == -ENXIO ? 0 : error;
}

/* Prints names as the members of a JSON list. VALE's names have neither quotes nor backslashes; what has is left out.
 */
static void print_member(const char *name, bool *first)
{
    if (strpbrk(name, "\"\\") != NULL)
        return;
    printf("%s\"%s\"", *first ? "" : ",", name);
    *first = false;
}

static enum exit_code list(int fd, const char *of_switch)
{
    struct netmap_vale_list at = {0};
    const size_t len = strlen(of_switch);
    bool first = true;
    int error;

    fputs("{\"v\":1,\"ports\":[", stdout);
    for (;; at.port_index++) {
        struct netmap_request request = {
            .version = NETMAP_VERSION,
            .type = NETMAP_VALE_LIST,
            .body = (uint64_t)(uintptr_t)&at,
        };
        error = netmap_calls->control(fd, &request);
        if (error < 0)
            break;
        request.name[sizeof(request.name) - 1] = '\0';
        if (strncmp(request.name, of_switch, len) == 0 && request.name[len] == ':')
            print_member(request.name + len + 1, &first);
    }
    puts("]}");
    return error == -ENOENT ? EXIT_DONE : fail(EXIT_FAULT, "cannot list the ports: %s", strerror(-error));
}

static bool read_mac(const char *text, uint8_t mac[ETHER_ADDR_LEN])
{
    unsigned byte[ETHER_ADDR_LEN];
    int end = 0;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], &end) !=
            ETHER_ADDR_LEN ||
        text[end] != '\0')
        return false;
    for (int i = 0; i < ETHER_ADDR_LEN; i++)
        mac[i] = (uint8_t)byte[i];
    return true;
}

/* A frame to this address, from nobody: a group is not learnt. */
static void build_probe(uint8_t *frame, const uint8_t *mac, unsigned number)
{
    struct ether_header header = {.ether_shost = {1}, .ether_type = __builtin_bswap16(PROBE_TYPE)};

    memcpy(header.ether_dhost, mac, sizeof(header.ether_dhost));
    memset(frame, 0, PROBE_LEN);
    memcpy(frame, &header, sizeof(header));
    frame[PROBE_NUMBER] = (uint8_t)number;
}

/* The number of the address that a frame asked for, or -1 where it is none of our frames. */
static int read_probe(const struct io_slot *slot)
{
    struct ether_header header;

    if (slot->len != PROBE_LEN)
        return -1;
    memcpy(&header, slot->data, sizeof(header));
    return header.ether_type == __builtin_bswap16(PROBE_TYPE) ? slot->data[PROBE_NUMBER] : -1;
}

static int open_probe(struct io_port *port, const char *name)
{
    *port = (struct io_port){
        .ops = &io_netmap,
        .config = {.device = name, .frame_len = PROBE_LEN, .burst = 1, .transmits = true, .receives = true},
    };
    return io_netmap.open(port);
}

/* Sends a frame to each of the addresses by one port, and marks those whose frame comes out of the other. */
static int find_strangers(struct io_port *from, struct io_port *to, uint8_t (*macs)[ETHER_ADDR_LEN], unsigned count,
                          bool *stranger)
{
    struct io_slot slot;

    for (unsigned i = 0; i < count; i++) {
        int n = io_netmap.tx_reserve(from, &slot, 1);
        if (n != 1)
            return n < 0 ? n : -ENOBUFS;
        build_probe(slot.data, macs[i], i);
        n = io_netmap.tx_commit(from, 1);
        /* VALE has forwarded it by now. */
        while (n >= 0 && (n = io_netmap.rx(to, &slot, 1)) > 0) {
            int number = read_probe(&slot);
            if (number >= 0 && number < (int)count)
                stranger[number] = true;
            io_netmap.rx_release(to);
        }
        if (n < 0)
            return n;
    }
    return 0;
}

static enum exit_code strangers(const char *of_switch, char **texts, unsigned count)
{
    static uint8_t macs[MACS_MAX][ETHER_ADDR_LEN];
    static bool stranger[MACS_MAX];
    static char names[2][NETMAP_NAME_SIZE];
    struct io_port from, to;
    bool first = true;

    for (unsigned i = 0; i < count; i++) {
        if (!read_mac(texts[i], macs[i]))
            return fail(EXIT_USAGE, "%s is no Ethernet address: give one such as 02:00:00:00:00:01", texts[i]);
    }
    if (!port_name(names[0], of_switch, "probe0") || !port_name(names[1], of_switch, "probe1"))
        return fail(EXIT_USAGE, "%s is too long for a switch", of_switch);
    if (open_probe(&from, names[0]) < 0)
        return fail(EXIT_FAULT, "%s", from.error);
    if (open_probe(&to, names[1]) < 0) {
        io_netmap.close(&from);
        return fail(EXIT_FAULT, "%s", to.error);
    }
    int error = find_strangers(&from, &to, macs, count, stranger);
    io_netmap.close(&from);
    io_netmap.close(&to);
    if (error < 0)
        return fail(EXIT_FAULT, "%s", from.error[0] != '\0' ? from.error : to.error);
    fputs("{\"v\":1,\"strangers\":[", stdout);
    for (unsigned i = 0; i < count; i++) {
        if (stranger[i])
            print_member(texts[i], &first);
    }
    puts("]}");
    return EXIT_DONE;
}

static enum exit_code usage(void)
{
    fputs("usage: vale attach|detach SWITCH NIC, vale list SWITCH, vale strangers SWITCH MAC...\n", stderr);
    return EXIT_USAGE;
}

static enum exit_code run(int fd, int argc, char **argv)
{
    const char *what = argv[1], *of_switch = argv[2];
    char port[NETMAP_NAME_SIZE];

    if (strcmp(what, "list") == 0 && argc == 3)
        return list(fd, of_switch);
    if (strcmp(what, "strangers") == 0 && argc > 3 && argc - 3 <= MACS_MAX)
        return strangers(of_switch, argv + 3, (unsigned)argc - 3);
    if (argc != 4 || !port_name(port, of_switch, argv[3]))
        return usage();
    bool attaches = strcmp(what, "attach") == 0;
    if (!attaches && strcmp(what, "detach") != 0)
        return usage();
    int error = attaches ? attach(fd, port) : detach(fd, port);
    return error < 0 ? fail(EXIT_FAULT, "cannot %s %s: %s", what, port, strerror(-error)) : EXIT_DONE;
}

int main(int argc, char **argv)
{
    char why[256];

    if (argc < 3 || strncmp(argv[2], "vale", 4) != 0)
        return (int)usage();
    int fd = netmap_open_device(why, sizeof(why));
    /* Where netmap is gone, all that it had is gone with it. */
    if (fd < 0 && strcmp(argv[1], "detach") == 0)
        return EXIT_DONE;
    if (fd < 0)
        return fail(EXIT_NOT_SUPPORTED, "%s", why);
    enum exit_code code = run(fd, argc, argv);
    netmap_calls->close(fd);
    if (fflush(stdout) != 0)
        code = EXIT_FAULT;
    return (int)code;
}
