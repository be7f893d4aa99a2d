/* SPDX-License-Identifier: Apache-2.0 */
#include "announcement.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

#include "checksum.h"
#include "flows.h"
#include "headers.h"

unsigned announcement_count(const struct io_config *c)
{
    if (flows_are_macs(c) || (c->flows != NULL && c->flows->field == FLOW_VLAN))
        return c->flows->count;
    return c->vlans != NULL ? c->vlans->count : 1;
}

unsigned announcement_first(const struct io_config *c)
{
    return flows_are_macs(c) ? 1 : announcement_count(c);
}

/* The address of this index, as the words of packets have it (flows.h). */
static struct io_address address_of(const struct io_config *c, unsigned index)
{
    struct io_address local = c->local;

    if (flows_are_macs(c)) {
        unsigned middle = ((unsigned)local.mac[2] << 8 | local.mac[3]) + index;
        local.mac[2] = (uint8_t)(middle >> 8);
        local.mac[3] = (uint8_t)middle;
    }
    return local;
}

static void build_arp(uint8_t *out, const struct io_address *local)
{
    struct ether_arp arp = {
        .ea_hdr.ar_hrd = htons(ARPHRD_ETHER),
        .ea_hdr.ar_pro = htons(ETHERTYPE_IP),
        .ea_hdr.ar_hln = sizeof(arp.arp_sha),
        .ea_hdr.ar_pln = sizeof(arp.arp_spa),
        .ea_hdr.ar_op = htons(ARPOP_REQUEST),
    };

    memcpy(arp.arp_sha, local->mac, sizeof(arp.arp_sha));
    memcpy(arp.arp_spa, &local->ip, sizeof(arp.arp_spa));
    memcpy(arp.arp_tpa, &local->ip, sizeof(arp.arp_tpa));
    memcpy(out, &arp, sizeof(arp));
}

/* A neighbour advertisement with its one option, the link-layer address. */
struct advertisement {
    struct nd_neighbor_advert head;
    struct nd_opt_hdr option;
    uint8_t mac[6];
};
_Static_assert(sizeof(struct advertisement) == 32, "the option has no padding");

static void build_advertisement(uint8_t *out, const struct io_address *local)
{
    struct ip6_hdr ip = {
        .ip6_flow = htonl(UINT32_C(6) << 28),
        .ip6_plen = htons(sizeof(struct advertisement)),
        .ip6_nxt = IPPROTO_ICMPV6,
        .ip6_hlim = 255, /* whoever hears it makes sure that no router has passed it on */
        .ip6_src = local->ip6,
        .ip6_dst = {.s6_addr = {0xff, 2, [15] = 1}},
    };
    struct advertisement told = {
        .head.nd_na_hdr.icmp6_type = ND_NEIGHBOR_ADVERT,
        .head.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE,
        .head.nd_na_target = local->ip6,
        .option = {.nd_opt_type = ND_OPT_TARGET_LINKADDR, .nd_opt_len = 1},
    };

    memcpy(told.mac, local->mac, sizeof(told.mac));
    uint64_t sum = checksum_add(0, (const uint8_t *)&told, sizeof(told));
    sum = checksum_add(sum, (const uint8_t *)&ip.ip6_src, 2 * sizeof(ip.ip6_src));
    told.head.nd_na_hdr.icmp6_cksum = (uint16_t)~checksum_fold(sum + ip.ip6_plen + htons(IPPROTO_ICMPV6));
    memcpy(out, &ip, sizeof(ip));
    memcpy(out + sizeof(ip), &told, sizeof(told));
}

void announcement_build(uint8_t frame[ANNOUNCEMENT_LEN_MAX], const struct io_config *c, unsigned index)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, all_nodes[6] = {0x33, 0x33, [5] = 1};
    const struct io_encapsulation *e = &c->encapsulation;
    const struct io_address local = address_of(c, index);
    uint16_t vlan = (uint16_t)(e->vlan_first + (e->vlan_first != 0 && !flows_are_macs(c) ? index : 0));

    memset(frame, 0, ANNOUNCEMENT_LEN_MAX);
    memcpy(frame, e->ip6 ? all_nodes : everybody, sizeof(everybody));
    memcpy(frame + sizeof(everybody), local.mac, sizeof(local.mac));
    uint8_t *end = headers_build_tags(frame, e, vlan, e->ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_ARP);
    if (e->ip6)
        build_advertisement(end, &local);
    else
        build_arp(end, &local);
}
