/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: what it means, and that each wrong one is refused in one line. */
#include <arpa/inet.h>
#include <string.h>

#include "../options.h"
#include "test.h"

#define WORDS_MAX 40

/* Parses a command line whose words are separated by single blanks. */
static bool parse(const char *command_line, struct options *o, char *error, size_t error_size)
{
    static char text[512];
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;

    snprintf(text, sizeof(text), "%s", command_line);
    for (char *word = text; word != NULL && *word != '\0' && argc < WORDS_MAX;) {
        argv[argc++] = word;
        word = strchr(word, ' ');
        if (word != NULL)
            *word++ = '\0';
    }
    memset(o, 0xff, sizeof(*o));
    return options_parse(o, argc, argv, error, error_size);
}

static void refused(const char *arguments, const char *hint)
{
    struct options o;
    char line[512], error[256] = "";

    snprintf(line, sizeof(line), "vswload %s", arguments);
    bool parsed = parse(line, &o, error, sizeof(error));
    if (!CHECK(!parsed) || !CHECK(strstr(error, hint) != NULL) || !CHECK(strchr(error, '\n') == NULL))
        fprintf(stderr, "  %s: %s\n", arguments, error);
}

static struct options accepted(const char *arguments)
{
    struct options o;
    char line[512], error[256] = "";

    snprintf(line, sizeof(line), "vswload %s", arguments);
    if (!CHECK(parse(line, &o, error, sizeof(error))))
        fprintf(stderr, "  %s: %s\n", arguments, error);
    return o;
}

static void test_refusals(void)
{
    static const char *const bad_values[][2] = {
        {"--size 59", "60 to 9014"},
        {"--size 9015", "60 to 9014"},
        {"--size 64x", "60 to 9014"},
        {"--size -64", "60 to 9014"},
        {"--size +64", "60 to 9014"},
        {"--size 1e3", "60 to 9014"},
        {"--size=", "60 to 9014"},
        {"--burst 0", "1 to 1024"},
        {"--burst 1025", "1 to 1024"},
        {"--rate -1", "from 0"},
        {"--rate 1000000001", "from 0"},
        {"--rate 99999999999999999999", "from 0"},
        {"--pair 256", "0 to 255"},
        {"--run 128", "0 to 127"},
        {"--touch some", "full or none"},
        {"--sizes 59", "sizes from 60 to 9014"},
        {"--sizes=", "give its MIX"},
        {"--queues 0", "1 to 8"},
        {"--queues 9", "1 to 8"},
        {"--queues 2", "give --queues 1"},
        {"--flows 0", "1 to 1048576"},
        {"--flows 1048577", "1 to 1048576"},
        {"--flow-fields tos", "udp-port, ip, mac or vlan"},
        {"--flow-order random", "round-robin, uniform, zipf:1.1"},
        {"--flow-order zipf:", "exponent up to 10"},
        {"--flow-order zipf:0", "exponent up to 10"},
        {"--flow-order zipf:11", "exponent up to 10"},
        {"--flow-order zipf:-1", "exponent up to 10"},
        {"--flow-order zipf:nan", "exponent up to 10"},
        {"--flow-order new --flows 5", "leave out --flows"},
        {"--macs 5 --flows 5", "leave out --flows"},
        {"--macs 5 --flow-order new", "leave out --flows"},
        {"--macs 5 --vlan 3-4", "give --vlan one id"},
        {"--macs 65537", "65536"},
        {"--vlan 0", "from 1 to 4094"},
        {"--vlan 4095", "from 1 to 4094"},
        {"--vlan 100-", "two as 100-199"},
        {"--vlan 200-100", "two as 100-199"},
        {"--vlan 100-200-300", "two as 100-199"},
        {"--qinq 100-101", "from 1 to 4094, or none"},
        {"--qinq 100", "give --vlan, too"},
        {"--vlan 100 --size 63", "give 64 or more"},
        {"--vlan 100 --qinq 200", "give 68 or more"},
        {"--ip 6", "give 80 or more"},
        {"--ip 5", "give 6 or 4"},
        {"--local-ip ff02::1", "unicast"},
        {"--ip 6 --size 80 --local-ip 2001:2::2 --peer-ip 2001:2::2", "two addresses"},
        {"--flows 2 --flow-fields vlan --vlan 10-19", "count up from one id"},
        {"--flows 96 --flow-fields vlan --vlan 4000", "has room for 95"},
        {"--flow-order new --flow-fields vlan", "--flow-fields ip or mac"},
        {"--flow-order new --flow-fields udp-port", "--flow-fields ip or mac"},
        {"--flows 60536 --flow-fields udp-port", "has room for 60535"},
        {"--flows 7 --local-ip 223.255.255.250", "has room for 6"},
        {"--flows 7 --flow-fields mac --local-mac 02:ff:ff:fa:00:01", "has room for 6"},
        {"--arrivals bursty", "on-off:32/1ms"},
        {"--arrivals on-off:32", "on-off:32/1ms"},
        {"--arrivals on-off:0/1ms", "on-off:32/1ms"},
        {"--arrivals on-off:1048577/1ms", "on-off:32/1ms"},
        {"--arrivals on-off:32/1", "on-off:32/1ms"},
        {"--arrivals on-off:32/0ms", "on-off:32/1ms"},
        {"--arrivals on-off:32/3601s", "on-off:32/1ms"},
        {"--arrivals on-off:-1/1ms", "on-off:32/1ms"},
        {"--arrivals poisson", "give --rate"},
        {"--arrivals on-off:32/1ms", "give --rate"},
        {"--arrivals on-off:33/1ms --burst 32 --rate 1000", "not of whole bursts of 32; give --burst"},
        {"--arrivals on-off:32/1ms --burst 32 --rate 32001", "give less --rate"},
        {"--rx-moderation yes", "on or off"},
        {"--wait sleep", "poll, yield or block"},
        {"--wait block", "nothing to sleep on"},
        {"--duration-ms 0", "from 1"},
        {"--warmup-ms x", "from 0"},
        {"--interval-ms 0", "from 1"},
        {"--drain-ms 2001", "0 to 2000"},
        {"--max-debt-ms 0", "from 1"},
        {"--cpu -1", "from 0"},
        {"--epoch-ns -1", "from 0"},
        {"--epoch-ns 9223372036854775808", "from 0 to 9223372036854775807"},
        {"--cpu 1024", "0 to 1023"},
        {"--local-port 0", "1 to 65535"},
        {"--peer-port 65536", "1 to 65535"},
        {"--local-ip 10.0.0", "unicast IP address"},
        {"--local-ip 224.0.0.1", "unicast"},
        {"--peer-ip 0.0.0.0", "unicast"},
        {"--peer-ip 255.255.255.255", "unicast"},
        {"--local-mac 02:00:00:00:00", "Ethernet"},
        {"--local-mac 01:00:00:00:00:01", "unicast"},
        {"--local-mac 00:00:00:00:00:00", "unicast"},
        {"--peer-mac 02:00:00:00:00:0g", "Ethernet"},
        {"--peer-mac 02:00:00:00:00:012", "Ethernet"},
        {"--peer-mac 02-00-00-00-00-01", "Ethernet"},
        {"--quiet-announce=1", "no value"},
        {"--peer-ip 10.0.0.1", "the same"},
        {"--peer-mac 02:00:00:00:00:01", "the same"},
        {"--device=", "is empty"},
        {"--json", "--list"},
        {"receiver", "one role too many"},
        {"--nosuch 1", "unknown option"},
        {"--siz 64", "unknown option"},
        {"-s 64", "unknown option"},
        {"--size", "needs a value"},
    };
    char line[512];

    refused("", "no role");
    refused("--io null", "no role");
    refused("sendr --io null", "unknown role");
    refused("sender", "no I/O framework");
    refused("sender --io", "needs a value");
    refused("sender --io nosuch", "vswload --list");
    refused("sender --io udp", "--device");
    for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
        snprintf(line, sizeof(line), "sender --io null %s", bad_values[i][0]);
        refused(line, bad_values[i][1]);
    }
}

static void test_arrivals(void)
{
    struct options o = accepted("sender --io null");

    CHECK_EQUAL(o.arrivals, SCHEDULE_REGULAR);
    o = accepted("sender --io null --rate 5 --arrivals poisson");
    CHECK_EQUAL(o.arrivals, SCHEDULE_POISSON);
    o = accepted("receiver --io null --rate 32000 --burst 32 --arrivals on-off:32/1ms");
    CHECK(o.arrivals == SCHEDULE_ON_OFF && o.train_packets == 32 && o.pause_ns == 1000000);
    o = accepted("sender --io null --rate 1 --burst 1 --arrivals on-off:1048576/3600s");
    CHECK(o.train_packets == TRAIN_PACKETS_MAX && o.pause_ns == UINT64_C(3600000000000));
    o = accepted("sender --io null --rate 1 --burst 1 --arrivals on-off:1/7us");
    CHECK_EQUAL(o.pause_ns, 7000);
    o = accepted("sender --io null --rate 1 --burst 1 --arrivals on-off:1/999ns");
    CHECK_EQUAL(o.pause_ns, 999);
}

/* What may differ between runs does, and nothing else is changed by it, or by what is refused. */
static void test_next(void)
{
    struct options o = accepted("peer --io null --rate 5 --run 3 --peer-run 67 --duration-ms 9 --flows 1");
    char error[256];

    CHECK(options_next(&o, "--rate 7 --run 4 --peer-run=68 --duration-ms 10 --warmup-ms 2 --interval-ms 20", error,
                       sizeof(error)));
    CHECK(o.rate_pps == 7 && o.run == 4 && o.peer_run == 68 && o.duration_ms == 10 && o.warmup_ms == 2);
    CHECK_EQUAL(o.interval_ms, 20);
    static const char *const bad[][2] = {
        {"--rate 8 --size 64", "--size is of the whole program"},
        {"--rate 8 --rate", "--rate needs a value"},
        {"--rate 8 --run 128", "--run 128"},
        {"--rate 8 junk", "junk is of the whole program"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!options_next(&o, bad[i][0], error, sizeof(error)) && strstr(error, bad[i][1]) != NULL);
        CHECK_EQUAL(o.rate_pps, 7);
    }
    o = accepted("sender --io null --rate 5 --arrivals poisson");
    CHECK(!options_next(&o, "--rate 0", error, sizeof(error)) && strstr(error, "--arrivals") != NULL);
}

/* The source of flows is who asks: on the other side it is the peer. */
static void test_flows(void)
{
    struct options o = accepted("sender --io null --flows 6 --flow-order zipf:1.25 --local-ip 223.255.255.250");

    CHECK(o.flow_count == 6 && o.flow_order == FLOW_ZIPF && o.zipf_exponent == 1.25);
    o = accepted("receiver --io null --flows 6 --peer-ip 223.255.255.250");
    CHECK(o.flow_count == 6);
    refused("server --io null --flows 7 --peer-ip 223.255.255.250", "has room for 6");
    o = accepted("server --io null --flow-order new --flow-fields mac");
    CHECK(o.flow_count == FLOWS_NEW_MAC && o.flow_order == FLOW_NEW);
    o = accepted("sender --io null --vlan 100-199 --qinq 200 --ip 6 --size 88 --local-ip 2001:2::7");
    CHECK(o.encapsulation.vlan_first == 100 && o.encapsulation.vlan_last == 199 && o.encapsulation.outer_vlan == 200);
    CHECK(o.encapsulation.ip6 && o.local.ip6.s6_addr[15] == 7 && options_need_form(&o));
    o = accepted("sender --io null --flow-fields vlan --vlan none");
    CHECK(o.encapsulation.vlan_first == 1 && o.encapsulation.vlan_last == 1);
    refused("sender --io udp --device eth0 --vlan 5", "leaves the headers to the kernel");
    o = accepted("client --io null --flows 60535 --flow-fields udp-port");
    CHECK(o.flow_count == 60535);
    refused("client --io raw --device eth0 --flows 2 --flow-fields udp-port", "answers on one UDP port");
    o = accepted("sender --io raw --device eth0 --flows 2 --flow-fields udp-port");
    CHECK(o.flow_field == FLOW_UDP_PORT);
    refused("sender --io udp --device eth0 --flows 2", "--flows 1");
    o = accepted("sender --io udp --device eth0 --flows 1");
    CHECK(o.flow_count == 1);
}

static void test_defaults(void)
{
    struct options o = accepted("sender --io null");
    static const uint8_t local_mac[6] = {2, 0, 0, 0, 0, 1}, peer_mac[6] = {2, 0, 0, 0, 0, 2};

    CHECK(o.action == ACTION_RUN && o.role == ROLE_SENDER);
    CHECK(strcmp(o.io->name, "null") == 0 && strcmp(o.device, "") == 0);
    CHECK(memcmp(o.local.mac, local_mac, 6) == 0 && memcmp(o.peer.mac, peer_mac, 6) == 0);
    CHECK(o.local.ip.s_addr == inet_addr("10.0.0.1") && o.peer.ip.s_addr == inet_addr("10.0.0.2"));
    CHECK(o.local.udp_port == 5001 && o.peer.udp_port == 5001);
    CHECK(o.pair == 0 && o.run == 0 && o.frame_len == 64 && o.rate_pps == 0 && o.burst == 32);
    CHECK(o.flow_count == 1 && o.flow_field == FLOW_IP && o.flow_order == FLOW_ROUND_ROBIN);
    CHECK(o.touch_full && o.wait == WAIT_POLL && !o.quiet_announce && o.cpu == -1);
    CHECK(o.warmup_ms == 0 && o.duration_ms == 1000 && o.cooldown_ms == 0);
    CHECK(o.interval_ms == 100 && o.drain_ms == 20 && o.max_debt_ms == 10);
    CHECK(o.rx_moderation && !accepted("receiver --io null --rx-moderation off").rx_moderation);
    CHECK(o.epoch_ns == 0);
    CHECK(accepted("sender --io null --epoch-ns 9223372036854775807").epoch_ns == INT64_MAX);
    CHECK(accepted("client --io loop").max_debt_ms == 1000);
    CHECK(accepted("client --io loop --max-debt-ms 7").max_debt_ms == 7);
}

static void test_values(void)
{
    struct options o =
        accepted("--io=udp --device eth7 --size=9014 --rate 14880952 --burst 1024 --touch none --wait "
                 "yield --pair 255 --run 127 --local-mac 0A:bC:00:11:22:ff --peer-ip 192.168.7.9 --local-port "
                 "65535 --peer-port 1 --warmup-ms 10 --duration-ms 20 --cooldown-ms 30 --interval-ms "
                 "40 --drain-ms 0 --cpu 3 --quiet-announce server");
    static const uint8_t mac[6] = {0x0a, 0xbc, 0, 0x11, 0x22, 0xff};

    CHECK(o.role == ROLE_SERVER && strcmp(o.io->name, "udp") == 0 && strcmp(o.device, "eth7") == 0);
    CHECK(o.frame_len == 9014 && o.rate_pps == 14880952 && o.burst == 1024 && o.pair == 255 && o.run == 127);
    CHECK(!o.touch_full && o.wait == WAIT_YIELD && o.quiet_announce && o.cpu == 3);
    CHECK(memcmp(o.local.mac, mac, 6) == 0 && o.peer.ip.s_addr == inet_addr("192.168.7.9"));
    CHECK(o.local.udp_port == 65535 && o.peer.udp_port == 1);
    CHECK(o.warmup_ms == 10 && o.duration_ms == 20 && o.cooldown_ms == 30 && o.interval_ms == 40 && o.drain_ms == 0);

    CHECK(accepted("--help").action == ACTION_HELP);
    CHECK(accepted("--list").action == ACTION_LIST);
    CHECK(accepted("--list --json").json);
}

/* Each registered framework can be found by its name, and has what every framework has to have. */
static void test_registry(void)
{
    unsigned count = 0;

    for (const struct io_ops *const *io = io_registry; *io != NULL; io++, count++) {
        CHECK(io_find((*io)->name) == *io);
        CHECK((*io)->title != NULL && (*io)->probe != NULL && (*io)->open != NULL && (*io)->close != NULL);
        CHECK((*io)->tx_reserve != NULL && (*io)->tx_commit != NULL && (*io)->rx != NULL);
        CHECK((*io)->announce != NULL && (*io)->stats != NULL);
    }
    CHECK(count >= 2);
    CHECK(io_find("nosuch") == NULL);
}

/* A mix has the length of its longest frame, and asks for a framework that sends packets of any. */
static void test_sizes(void)
{
    struct options o = accepted("sender --io null --size 64 --sizes 60*7,566*4,1514");

    CHECK(o.sizes.period == 12 && o.frame_len == 1514 && options_need_form(&o));
    sizes_fini(&o.sizes);
    refused("sender --io udp-gso --device eth0 --sizes 60,1514", "--size");
    o = accepted("sender --io udp-gso --device eth0 --size 1514");
    CHECK(!options_need_form(&o));
}

int main(void)
{
    test_refusals();
    test_defaults();
    test_arrivals();
    test_next();
    test_flows();
    test_sizes();
    test_values();
    test_registry();
    return test_end("options_test");
}
