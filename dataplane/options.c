/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "frame/layout.h"

const char *const role_names[ROLE_COUNT] = {"sender", "receiver", "client", "server", "peer"};

#define ROLES "sender, receiver, client, server, peer"
#define DAY_MS (24 * 60 * 60 * 1000)
#define UNSET UINT64_MAX

static const char *const wait_names[WAIT_COUNT] = {"poll", "yield", "block"};

enum option_kind {
    KIND_FLAG,
    KIND_NUMBER,
    KIND_TEXT,
    KIND_MAC,
    KIND_IP,
    KIND_PORT,
    KIND_CHOICE,
    KIND_WAIT,
    KIND_FIELD,
    KIND_ORDER,
    KIND_VLANS,
    KIND_VLAN,
    KIND_ARRIVALS
};

/* One option: how it is read, where to, and its line of help. */
struct option_spec {
    const char *name, *value; /* value: its placeholder in the help; NULL for a flag */
    enum option_kind kind;
    size_t offset;
    uint64_t min, max;    /* KIND_NUMBER */
    const char *yes, *no; /* KIND_CHOICE: the words for true and false */
    const char *help;
};

/* What options_parse collects before the framework is known. */
struct draft {
    struct options o;
    const char *io_name, *sizes;
    bool list, help;
};

#define AT(field) offsetof(struct draft, field)

static const struct option_spec specs[] = {
    {"--io", "NAME", KIND_TEXT, AT(io_name), 0, 0, NULL, NULL, "I/O framework (required; see --list)"},
    {"--device", "DEV", KIND_TEXT, AT(o.device), 0, 0, NULL, NULL,
     "interface or port of the framework (required, but for null and loop)"},
    {"--local-mac", "MAC", KIND_MAC, AT(o.local.mac), 0, 0, NULL, NULL, "our Ethernet address (02:00:00:00:00:01)"},
    {"--peer-mac", "MAC", KIND_MAC, AT(o.peer.mac), 0, 0, NULL, NULL, "the peer's (02:00:00:00:00:02)"},
    {"--local-ip", "IP", KIND_IP, AT(o.local), 0, 0, NULL, NULL,
     "our IP address (10.0.0.1 or, with --ip 6, 2001:2::4000:0:0:1)"},
    {"--peer-ip", "IP", KIND_IP, AT(o.peer), 0, 0, NULL, NULL, "the peer's (10.0.0.2, 2001:2::4000:0:0:2)"},
    {"--local-port", "PORT", KIND_PORT, AT(o.local.udp_port), 0, 0, NULL, NULL, "our UDP port (5001)"},
    {"--peer-port", "PORT", KIND_PORT, AT(o.peer.udp_port), 0, 0, NULL, NULL, "the peer's (5001)"},
    {"--pair", "N", KIND_NUMBER, AT(o.pair), 0, PACKET_PAIR_MAX, NULL, NULL,
     "pair id; packets of others are foreign (0)"},
    {"--run", "N", KIND_NUMBER, AT(o.run), 0, PACKET_RUN_MAX, NULL, NULL,
     "tag of this run, 0 to 127; packets of others are foreign (0)"},
    {"--peer-run", "N", KIND_NUMBER, AT(o.peer_run), 0, PACKET_RUN_MAX, NULL, NULL,
     "peer: tag of what the other one sends (as --run)"},
    {"--size", "P", KIND_NUMBER, AT(o.frame_len), FRAME_LEN_MIN, IO_FRAME_MAX, NULL, NULL,
     "bytes of the whole Ethernet frame without FCS, 60 to 9014 (64)"},
    {"--sizes", "MIX", KIND_TEXT, AT(sizes), 0, 0, NULL, NULL,
     "in place of --size: 60*7,566*4,1514, repeated in this order, or shuffled:60-1514"},
    {"--rate", "R", KIND_NUMBER, AT(o.rate_pps), 0, 1000000000, NULL, NULL,
     "packets per second, 0 = as fast as possible (0)"},
    {"--burst", "B", KIND_NUMBER, AT(o.burst), 1, IO_BURST_MAX, NULL, NULL, "packets per burst, 1 to 1024 (32)"},
    {"--queues", "N", KIND_NUMBER, AT(o.queues), 1, IO_QUEUES_MAX, NULL, NULL,
     "queues of the port each way, which have a burst in turn, 1 to 8 (1)"},
    {"--arrivals", "KIND", KIND_ARRIVALS, AT(o), 0, 0, NULL, NULL,
     "of bursts, at a mean --rate: regular, poisson, or on-off:PACKETS/PAUSE in trains (regular)"},
    {"--flows", "N", KIND_NUMBER, AT(o.flow_count), 1, FLOWS_MAX, NULL, NULL,
     "flows of the pair's packets, 1 to 1048576 (1)"},
    {"--flow-fields", "FIELD", KIND_FIELD, AT(o.flow_field), 0, 0, NULL, NULL,
     "what they differ in: udp-port, ip, mac or vlan (ip)"},
    {"--macs", "N", KIND_NUMBER, AT(o.mac_count), 1, MACS_MAX, NULL, NULL,
     "Ethernet addresses of each end, which packets have by --flow-order, 1 to 65536 (1)"},
    {"--announce-rate", "R", KIND_NUMBER, AT(o.announce_rate), 1, 1000000000, NULL, NULL,
     "with --macs: addresses a second that \"announce all\" announces (10000)"},
    {"--flow-order", "ORDER", KIND_ORDER, AT(o), 0, 0, NULL, NULL,
     "round-robin, uniform, zipf:S with 0 < S <= 10, or new: none twice (round-robin)"},
    {"--ip", "6|4", KIND_CHOICE, AT(o.encapsulation.ip6), 0, 0, "6", "4", "version of IP (4)"},
    {"--vlan", "ID[-ID]", KIND_VLANS, AT(o.encapsulation), 0, 0, NULL, NULL,
     "id of an 802.1Q tag, or of several, each in turn; none (none)"},
    {"--qinq", "ID", KIND_VLAN, AT(o.encapsulation.outer_vlan), 0, 0, NULL, NULL,
     "id of an 802.1ad tag in front of that; none (none)"},
    {"--touch", "full|none", KIND_CHOICE, AT(o.touch_full), 0, 0, "full", "none",
     "make and check every byte, or our header only (full)"},
    {"--wait", "WAY", KIND_WAIT, AT(o.wait), 0, 0, NULL, NULL,
     "poll: spin, yield: to others after each burst and empty poll, block: sleep (poll)"},
    {"--rx-moderation", "on|off", KIND_CHOICE, AT(o.rx_moderation), 0, 0, "on", "off",
     "receiver on sockets: may look into its queue less often (on)"},
    {"--warmup-ms", "N", KIND_NUMBER, AT(o.warmup_ms), 0, DAY_MS, NULL, NULL,
     "sender, client, peer: time before the steady state (0)"},
    {"--duration-ms", "N", KIND_NUMBER, AT(o.duration_ms), 1, DAY_MS, NULL, NULL,
     "sender, client, peer: steady state (1000)"},
    {"--cooldown-ms", "N", KIND_NUMBER, AT(o.cooldown_ms), 0, DAY_MS, NULL, NULL,
     "sender, client, peer: time behind the steady state (0)"},
    {"--interval-ms", "N", KIND_NUMBER, AT(o.interval_ms), 1, DAY_MS, NULL, NULL, "sampling interval (100)"},
    {"--gap-packets", "N", KIND_NUMBER, AT(o.gap_packets), 0, UINT32_MAX, NULL, NULL,
     "tell where packets are missing, in stretches that are so many apart; 0 = do not (0)"},
    {"--drain-ms", "N", KIND_NUMBER, AT(o.drain_ms), 0, 2000, NULL, NULL,
     "wait so long without a packet before the end, 2000 at most (20)"},
    {"--max-debt-ms", "N", KIND_NUMBER, AT(o.max_debt_ms), 1, DAY_MS, NULL, NULL,
     "give up bursts that are later than this (client 1000, others 10)"},
    {"--epoch-ns", "T", KIND_NUMBER, AT(o.epoch_ns), 0, INT64_MAX, NULL, NULL,
     "all times count from when CLOCK_MONOTONIC read T (0)"},
    {"--cpu", "N", KIND_NUMBER, AT(o.cpu), 0, CPU_SETSIZE - 1, NULL, NULL, "pin the polling thread (not pinned)"},
    {"--quiet-announce", NULL, KIND_FLAG, AT(o.quiet_announce), 0, 0, NULL, NULL,
     "do not announce our MAC address at start"},
    {"--hold", NULL, KIND_FLAG, AT(o.hold), 0, 0, NULL, NULL,
     "after the end, keep the port open until told to stop again"},
    {"--list", NULL, KIND_FLAG, AT(list), 0, 0, NULL, NULL, "list roles and I/O frameworks"},
    {"--json", NULL, KIND_FLAG, AT(o.json), 0, 0, NULL, NULL, "with --list: as JSON"},
    {"--help", NULL, KIND_FLAG, AT(help), 0, 0, NULL, NULL, "this text"},
};
#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

struct message {
    char *text;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct message *m, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(m->text, m->size, format, args);
    va_end(args);
    return false;
}

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;

    if (*text < '0' || *text > '9') /* strtoull takes signs and blanks */
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *out >= min && *out <= max;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_mac(const char *text, uint8_t *mac)
{
    if (strlen(text) != 17)
        return false;
    for (int i = 0; i < 6; i++, text += 3) {
        int high = hex_digit(text[0]), low = hex_digit(text[1]);
        if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return (mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

static bool read_ip4(const char *text, struct in_addr *ip)
{
    if (inet_pton(AF_INET, text, ip) != 1)
        return false;
    uint32_t host = ntohl(ip->s_addr);
    return host >> 24 != 0 && !IN_MULTICAST(host) && !IN_BADCLASS(host);
}

/* Which version it is of is told by what it looks like; whether that is the one that is asked for, in the end. */
static bool read_ip(const char *text, struct io_address *address)
{
    if (strchr(text, ':') == NULL)
        return read_ip4(text, &address->ip);
    return inet_pton(AF_INET6, text, &address->ip6) == 1 && !IN6_IS_ADDR_MULTICAST(&address->ip6) &&
           !IN6_IS_ADDR_UNSPECIFIED(&address->ip6) && !IN6_IS_ADDR_LOOPBACK(&address->ip6);
}

/* Which of these words it is; -1 where it is none. */
static int index_of(const char *text, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    return -1;
}

static bool read_wait(const char *text, enum wait_way *out)
{
    int found = index_of(text, wait_names, WAIT_COUNT);

    if (found >= 0)
        *out = (enum wait_way)found;
    return found >= 0;
}

static bool read_field(const char *text, enum flow_field *out)
{
    int found = index_of(text, flow_field_names, FLOW_FIELD_COUNT);

    if (found >= 0)
        *out = (enum flow_field)found;
    return found >= 0;
}

static bool read_vlan(const char *text, size_t len, uint16_t *out)
{
    char word[8];
    uint64_t number;

    if (len >= sizeof(word))
        return false;
    memcpy(word, text, len);
    word[len] = '\0';
    bool valid = read_number(word, 1, VLAN_MAX, &number);
    if (valid)
        *out = (uint16_t)number;
    return valid;
}

/* "none", an id, or the first and the last of several. */
static bool read_vlans(const char *text, uint16_t *first, uint16_t *last)
{
    const char *dash = strchr(text, '-');

    if (strcmp(text, "none") == 0) {
        *first = *last = 0;
        return true;
    }
    if (dash == NULL) {
        bool valid = read_vlan(text, strlen(text), first);
        *last = *first;
        return valid;
    }
    return read_vlan(text, (size_t)(dash - text), first) && read_vlan(dash + 1, strlen(dash + 1), last) &&
           *first <= *last;
}

#define ZIPF "zipf:"
#define ZIPF_EXPONENT_MAX 10

static bool read_order(const char *text, struct options *o)
{
    char *end;

    if (strncmp(text, ZIPF, strlen(ZIPF)) == 0) {
        const char *number = text + strlen(ZIPF);
        o->flow_order = FLOW_ZIPF;
        o->zipf_exponent = strtod(number, &end);
        return *number >= '0' && *number <= '9' && *end == '\0' && o->zipf_exponent > 0 &&
               o->zipf_exponent <= ZIPF_EXPONENT_MAX;
    }
    o->flow_order = strcmp(text, "uniform") == 0 ? FLOW_UNIFORM
                    : strcmp(text, "new") == 0   ? FLOW_NEW
                                                 : FLOW_ROUND_ROBIN;
    return o->flow_order != FLOW_ROUND_ROBIN || strcmp(text, "round-robin") == 0;
}

#define ON_OFF "on-off:"
#define PAUSE_NS_MAX (UINT64_C(3600) * 1000000000)

/* A whole number and a unit, as 250us, into nanoseconds. */
static bool read_pause(const char *text, uint64_t *ns)
{
    static const struct {
        const char *unit;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    size_t digits = strspn(text, "0123456789");

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && digits > 0 && digits < 14; i++) {
        *ns = strtoull(text, NULL, 10) * units[i].ns;
        if (strcmp(text + digits, units[i].unit) == 0)
            return *ns > 0 && *ns <= PAUSE_NS_MAX;
    }
    return false;
}

static bool read_arrivals(const char *text, struct options *o)
{
    char packets[8] = "";
    size_t digits;

    o->arrivals = strcmp(text, "poisson") == 0 ? SCHEDULE_POISSON : SCHEDULE_REGULAR;
    if (strncmp(text, ON_OFF, strlen(ON_OFF)) != 0)
        return o->arrivals == SCHEDULE_POISSON || strcmp(text, "regular") == 0;
    o->arrivals = SCHEDULE_ON_OFF;
    text += strlen(ON_OFF);
    digits = strspn(text, "0123456789");
    if (digits >= sizeof(packets) || text[digits] != '/')
        return false;
    memcpy(packets, text, digits);
    return read_number(packets, 1, TRAIN_PACKETS_MAX, &o->train_packets) && read_pause(text + digits + 1, &o->pause_ns);
}

static bool read_value(const struct option_spec *spec, const char *text, void *field, struct message *m)
{
    uint64_t number;

    switch (spec->kind) {
    case KIND_FLAG:
        break;
    case KIND_TEXT:
        if (*text == '\0')
            return refuse(m, "%s is empty: give its %s", spec->name, spec->value);
        *(const char **)field = text;
        break;
    case KIND_NUMBER:
        if (!read_number(text, spec->min, spec->max, field))
            return refuse(m, "%s %s: give a whole number from %" PRIu64 " to %" PRIu64, spec->name, text, spec->min,
                          spec->max);
        break;
    case KIND_PORT:
        if (!read_number(text, 1, UINT16_MAX, &number))
            return refuse(m, "%s %s: give a UDP port from 1 to 65535", spec->name, text);
        *(uint16_t *)field = (uint16_t)number;
        break;
    case KIND_MAC:
        if (!read_mac(text, field))
            return refuse(m, "%s %s: give a unicast Ethernet address such as 02:00:00:00:00:01", spec->name, text);
        break;
    case KIND_IP:
        if (!read_ip(text, field))
            return refuse(m, "%s %s: give a unicast IP address such as 10.0.0.1 or 2001:2::1", spec->name, text);
        break;
    case KIND_VLANS:
        if (!read_vlans(text, &((struct io_encapsulation *)field)->vlan_first,
                        &((struct io_encapsulation *)field)->vlan_last))
            return refuse(m, "%s %s: give a VLAN id from 1 to %d, two as 100-199, or none", spec->name, text, VLAN_MAX);
        break;
    case KIND_VLAN:
        if (strcmp(text, "none") == 0)
            *(uint16_t *)field = 0;
        else if (!read_vlan(text, strlen(text), field))
            return refuse(m, "%s %s: give a VLAN id from 1 to %d, or none", spec->name, text, VLAN_MAX);
        break;
    case KIND_WAIT:
        if (!read_wait(text, field))
            return refuse(m, "%s %s: give poll, yield or block", spec->name, text);
        break;
    case KIND_FIELD:
        if (!read_field(text, field))
            return refuse(m, "%s %s: give udp-port, ip, mac or vlan", spec->name, text);
        break;
    case KIND_ORDER:
        if (!read_order(text, field))
            return refuse(m, "%s %s: give round-robin, uniform, zipf:1.1 or another exponent up to 10, or new",
                          spec->name, text);
        break;
    case KIND_ARRIVALS:
        if (!read_arrivals(text, field))
            return refuse(m, "%s %s: give regular, poisson, or on-off:PACKETS/PAUSE, as on-off:32/1ms", spec->name,
                          text);
        break;
    case KIND_CHOICE:
        if (strcmp(text, spec->yes) != 0 && strcmp(text, spec->no) != 0)
            return refuse(m, "%s %s: give %s or %s", spec->name, text, spec->yes, spec->no);
        *(bool *)field = strcmp(text, spec->yes) == 0;
        break;
    }
    return true;
}

/* The option of this name, which ends at a '=' or at the end of the word. */
static const struct option_spec *find_spec(const char *word)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < SPEC_COUNT; i++) {
        if (strlen(specs[i].name) == len && strncmp(specs[i].name, word, len) == 0)
            return &specs[i];
    }
    return NULL;
}

static bool read_option(struct draft *d, int argc, char *const *argv, int *i, struct message *m)
{
    const char *word = argv[*i];
    const struct option_spec *spec = find_spec(word);
    const char *value = strchr(word, '=');

    if (spec == NULL)
        return refuse(m, "unknown option %s: see vswload --help", word);
    void *field = (char *)d + spec->offset;
    if (spec->kind == KIND_FLAG) {
        if (value != NULL)
            return refuse(m, "%s takes no value: leave out %s", spec->name, value);
        *(bool *)field = true;
        return true;
    }
    if (value != NULL)
        value++;
    else if (++*i < argc)
        value = argv[*i];
    else
        return refuse(m, "%s needs a value: give %s %s", spec->name, spec->name, spec->value);
    return read_value(spec, value, field, m);
}

static bool read_role(struct options *o, const char *word, struct message *m)
{
    if (o->role != ROLE_COUNT)
        return refuse(m, "one role too many, %s: give one of " ROLES, word);
    int found = index_of(word, role_names, ROLE_COUNT);
    if (found < 0)
        return refuse(m, "unknown role %s: give one of " ROLES, word);
    o->role = (enum role)found;
    return true;
}

static bool find_framework(struct draft *d, struct message *m)
{
    if (d->io_name == NULL)
        return refuse(m, "no I/O framework: give --io NAME, one of those that vswload --list shows");
    d->o.io = io_find(d->io_name);
    if (d->o.io != NULL)
        return true;
    for (const struct io_not_built *n = io_not_built; n->name != NULL; n++) {
        if (strcmp(n->name, d->io_name) == 0)
            return refuse(m, "--io %s is not built in: install %s and build again", n->name, n->needs);
    }
    return refuse(m, "--io %s: give one of the frameworks that vswload --list shows", d->io_name);
}

/* By the addresses from which the flows are, and to which: of peers, either's. */
static uint32_t flows_possible_here(const struct options *o)
{
    uint32_t ours = flows_possible(o->flow_field, &o->encapsulation, &o->local, &o->peer);
    uint32_t theirs = flows_possible(o->flow_field, &o->encapsulation, &o->peer, &o->local);

    if (o->role == ROLE_PEER)
        return ours < theirs ? ours : theirs;
    return o->role == ROLE_SENDER || o->role == ROLE_CLIENT ? ours : theirs;
}

/* Addresses are flows of a field of their own. */
static bool complete_macs(struct options *o, struct message *m)
{
    if (o->mac_count == 1)
        return true;
    if (o->flow_count > 1 || o->flow_order == FLOW_NEW)
        return refuse(m,
                      "--macs %" PRIu64 ": packets differ in their addresses: leave out --flows, and --flow-order new",
                      o->mac_count);
    if (!(o->io->capabilities & IO_WHOLE_FRAMES))
        return refuse(m, "--io %s leaves the headers to the kernel, which has one address: give --macs 1", o->io->name);
    if (o->encapsulation.vlan_last != o->encapsulation.vlan_first)
        return refuse(m, "--macs %" PRIu64 ": each address is announced in one VLAN: give --vlan one id", o->mac_count);
    o->flow_count = o->mac_count;
    o->flow_field = FLOW_BOTH_MACS;
    uint32_t possible = flows_possible_here(o);
    return o->mac_count <= possible ||
           refuse(m, "--macs %" PRIu64 ": there is room for %u from these addresses on", o->mac_count, possible);
}

static bool complete_flows(struct options *o, struct message *m)
{
    bool is_new = o->flow_order == FLOW_NEW;
    uint32_t possible = flows_possible_here(o);

    if (o->flow_field == FLOW_BOTH_MACS)
        return true;
    if (is_new && o->flow_count > 1)
        return refuse(m, "--flow-order new has as many flows as there can be: leave out --flows");
    if (!is_new && o->flow_count == 1)
        return true;
    if (!(o->io->capabilities & IO_WHOLE_FRAMES))
        return refuse(m, "--io %s leaves the headers to the kernel, which has one flow: give --flows 1", o->io->name);
    if (is_new && (o->flow_field == FLOW_UDP_PORT || o->flow_field == FLOW_VLAN))
        return refuse(m, "--flow-order new has too few UDP ports and VLANs: give --flow-fields ip or mac");
    if (is_new)
        o->flow_count = possible;
    if (o->flow_count > possible)
        return refuse(m, "--flows %" PRIu64 ": %s has room for %u from this address on; give another --flow-fields",
                      o->flow_count, flow_field_names[o->flow_field], possible);
    bool answers = o->role == ROLE_CLIENT || o->role == ROLE_SERVER;
    if (answers && o->flow_field == FLOW_UDP_PORT && (o->io->capabilities & IO_ONE_UDP_PORT))
        return refuse(m, "--io %s takes answers on one UDP port: give --flow-fields ip or mac", o->io->name);
    return true;
}

static bool complete_sizes(struct draft *d, struct message *m)
{
    struct options *o = &d->o;

    if (d->sizes == NULL)
        return true;
    if (o->io->tx_lengths == NULL)
        return refuse(m, "--io %s sends packets of one size at a time: give --size", o->io->name);
    int error = sizes_init(&o->sizes, d->sizes, (unsigned)o->pair, m->text, m->size);
    if (error == -ENOMEM)
        return refuse(m, "no memory for --sizes: free some");
    o->frame_len = o->sizes.largest;
    return error == 0;
}

/* Flows that differ in their VLAN have tags, though none was asked for, and be there only one of them. */
static bool complete_encapsulation(struct options *o, struct message *m)
{
    struct io_encapsulation *e = &o->encapsulation;
    const uint64_t smallest = o->sizes.period > 0 ? o->sizes.smallest : o->frame_len;

    if (o->flow_field == FLOW_VLAN && e->vlan_first == 0)
        e->vlan_first = e->vlan_last = 1;
    if (o->flow_field == FLOW_VLAN && e->vlan_last != e->vlan_first)
        return refuse(m, "--vlan %u-%u: flows of --flow-fields vlan count up from one id: give the first one alone",
                      e->vlan_first, e->vlan_last);
    if (e->outer_vlan != 0 && e->vlan_first == 0)
        return refuse(m, "--qinq %u is the outer one of two tags: give --vlan, too", e->outer_vlan);
    if (!layout_is_plain(e) && !(o->io->capabilities & IO_WHOLE_FRAMES))
        return refuse(m, "--io %s leaves the headers to the kernel: leave out --vlan, --qinq and --ip 6", o->io->name);
    if (smallest < layout_frame_len_min(e))
        return refuse(m, "--size %" PRIu64 " has no room for these headers: give %u or more", smallest,
                      layout_frame_len_min(e));
    return true;
}

/* Whether both addresses are there, and not the same. */
static bool complete_addresses(const struct options *o, struct message *m)
{
    if (memcmp(o->local.mac, o->peer.mac, sizeof(o->local.mac)) == 0)
        return refuse(m, "--local-mac and --peer-mac are the same: give two addresses");
    if (o->encapsulation.ip6 ? memcmp(&o->local.ip6, &o->peer.ip6, sizeof(o->local.ip6)) == 0
                             : o->local.ip.s_addr == o->peer.ip.s_addr)
        return refuse(m, "--local-ip and --peer-ip are the same: give two addresses");
    return true;
}

static bool complete_arrivals(const struct options *o, struct message *m)
{
    if (o->arrivals == SCHEDULE_REGULAR)
        return true;
    if (o->rate_pps == 0)
        return refuse(m, "--arrivals that are not regular need a mean rate: give --rate");
    if (o->arrivals == SCHEDULE_POISSON)
        return true;
    if (o->train_packets % o->burst != 0)
        return refuse(m,
                      "--arrivals: a train of %" PRIu64 " packets is not of whole bursts of %" PRIu64 "; give --burst",
                      o->train_packets, o->burst);
    if (!schedule_leaves_pause(o->rate_pps, o->train_packets, o->pause_ns))
        return refuse(m, "--arrivals: %" PRIu64 " packets take less than the pause at %" PRIu64 "/s; give less --rate",
                      o->train_packets, o->rate_pps);
    return true;
}

/* What can be judged only when all options are known. */
static bool complete(struct draft *d, struct message *m)
{
    struct options *o = &d->o;

    if (o->json && !d->list)
        return refuse(m, "--json belongs to --list: leave it out, a run prints JSON anyway");
    if (d->list || d->help) {
        o->action = d->help ? ACTION_HELP : ACTION_LIST;
        return true;
    }
    if (o->role == ROLE_COUNT)
        return refuse(m, "no role: give one of " ROLES " (see vswload --help)");
    if (!find_framework(d, m))
        return false;
    if (o->device == NULL) {
        if (strcmp(o->io->name, "null") != 0 && strcmp(o->io->name, "loop") != 0)
            return refuse(m, "--io %s needs --device DEV: give the interface or port to use", o->io->name);
        o->device = "";
    }
    if (o->queues > 1 && o->queues > o->io->queues_max)
        return refuse(m, "--io %s has ports of one queue: give --queues 1", o->io->name);
    if (o->wait == WAIT_BLOCK && o->io->descriptors == NULL)
        return refuse(m, "--io %s has nothing to sleep on: give --wait poll or yield", o->io->name);
    if (!complete_addresses(o, m) || !complete_macs(o, m) || !complete_flows(o, m) || !complete_sizes(d, m) ||
        !complete_encapsulation(o, m) || !complete_arrivals(o, m))
        return false;
    if (o->io->frame_max > 0 && o->frame_len > o->io->frame_max)
        return refuse(m, "--io %s carries frames of up to %u bytes: give --size %u or less", o->io->name,
                      o->io->frame_max, o->io->frame_max);
    if (o->peer_run == UNSET)
        o->peer_run = o->run;
    if (o->max_debt_ms == UNSET)
        o->max_debt_ms = o->role == ROLE_CLIENT ? 1000 : 10;
    return true;
}

/* Of one end, 1 or 2, in the networks that RFC 1918 leaves to everybody and RFC 5180 to benchmarks. The second half of
 * an IPv6 address has room for flows (frame/flows.h). */
static struct io_address default_address(uint8_t end)
{
    return (struct io_address){
        .mac = {2, 0, 0, 0, 0, end},
        .ip.s_addr = htonl(0x0a000000u + end),
        .ip6.s6_addr = {0x20, 0x01, 0x00, 0x02, [8] = 0x40, [15] = end},
        .udp_port = 5001,
    };
}

bool options_parse(struct options *o, int argc, char *const *argv, char *error, size_t error_size)
{
    struct message m = {error, error_size};
    struct draft d = {
        .o =
            {
                .role = ROLE_COUNT,
                .local = default_address(1),
                .peer = default_address(2),
                .peer_run = UNSET,
                .frame_len = 64,
                .burst = 32,
                .queues = 1,
                .flow_count = 1,
                .announce_rate = 10000,
                .mac_count = 1,
                .flow_field = FLOW_IP,
                .touch_full = true,
                .rx_moderation = true,
                .duration_ms = 1000,
                .interval_ms = 100,
                .drain_ms = 20,
                .max_debt_ms = UNSET,
                .cpu = -1,
            },
    };

    for (int i = 1; i < argc; i++) {
        bool is_option = argv[i][0] == '-';
        if (is_option ? !read_option(&d, argc, argv, &i, &m) : !read_role(&d.o, argv[i], &m))
            return false;
    }
    if (!complete(&d, &m))
        return false;
    *o = d.o;
    return true;
}

/* What may differ between runs on one port. */
static const char *const next_names[] = {"--rate",      "--arrivals",    "--run",        "--peer-run",
                                         "--warmup-ms", "--duration-ms", "--interval-ms"};
#define NEXT_WORDS_MAX 24

static bool may_be_next(const char *word)
{
    const struct option_spec *spec = find_spec(word);

    return spec != NULL && index_of(spec->name, next_names, sizeof(next_names) / sizeof(next_names[0])) >= 0;
}

bool options_next(struct options *o, const char *text, char *error, size_t error_size)
{
    struct message m = {error, error_size};
    struct draft d = {.o = *o};
    char line[256], *rest, *words[NEXT_WORDS_MAX];
    int count = 0;

    snprintf(line, sizeof(line), "%s", text);
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == NEXT_WORDS_MAX)
            return refuse(&m, "next: give no more than %d words", NEXT_WORDS_MAX);
        words[count++] = word;
    }
    for (int i = 0; i < count; i++) {
        if (!may_be_next(words[i]))
            return refuse(&m, "next: %s is of the whole program: start another one", words[i]);
        if (!read_option(&d, count, words, &i, &m))
            return false;
    }
    if (!complete_arrivals(&d.o, &m))
        return false;
    *o = d.o;
    return true;
}

void options_print_help(FILE *out)
{
    fputs(
        "vswload: sends, receives and echoes test packets for vswbench\n\n"
        "usage: vswload ROLE --io NAME --device DEV [options]\n"
        "       vswload --list [--json]\n\n"
        "ROLE is sender, receiver, client (sends and times the echoes), server (echoes) or peer (sends to another\n"
        "one, and receives what that one sends).\n"
        "Once it prints \"ready\" it reads from standard input: \"announce\", \"announce all\", \"start\",\n"
        "\"start T\" (T ns after the epoch), \"send\" or \"send T\" (a peer, which has started, sends),\n"
        "\"measure\" or \"measure T\" (the warm-up ends), \"next OPTIONS\" (after the end, with --hold: another run)\n"
        "and \"stop\"; the end of the input, SIGTERM and SIGINT stop it, too. It prints JSON, one object a line.\n\n"
        "options, with their defaults in parentheses:\n",
        out);
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        int width =
            fprintf(out, "  %s%s%s", specs[i].name, specs[i].value ? " " : "", specs[i].value ? specs[i].value : "");
        fprintf(out, "%*s%s\n", width < 25 ? 25 - width : 1, "", specs[i].help);
    }
    fputs("\nexit codes: 0 done, 1 fault, 2 usage, 77 not supported here\n\n"
          "example: (echo start; sleep 3) | vswload sender --io raw --device eth0 --size 64 --rate 100000\n",
          out);
}
