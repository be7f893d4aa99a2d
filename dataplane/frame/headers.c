/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include "checksum.h"

#define TTL 64

static uint8_t *put_be16(uint8_t *out, unsigned value)
{
    store_u16(out, htons((uint16_t)value));
    return out + 2;
}

/* Addresses, tags, outermost first, and the EtherType of the packet behind them. */
static void build_ethernet(uint8_t *out, const struct io_encapsulation *e, const struct io_address *from,
                           const struct io_address *to)
{
    memcpy(out, to->mac, sizeof(to->mac));
    memcpy(out + sizeof(to->mac), from->mac, sizeof(from->mac));
    headers_build_tags(out, e, e->vlan_first, e->ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
}

uint8_t *headers_build_tags(uint8_t *frame, const struct io_encapsulation *e, uint16_t vlan, uint16_t ethertype)
{
    uint8_t *out = frame + TAGS_AT;

    if (e->outer_vlan != 0)
        out = put_be16(put_be16(out, ETHERTYPE_8021AD), e->outer_vlan);
    if (vlan != 0)
        out = put_be16(put_be16(out, ETHERTYPE_VLAN), vlan);
    return put_be16(out, ethertype);
}

static void build_ipv4(uint8_t *out, const struct io_address *from, const struct io_address *to, uint32_t len)
{
    struct iphdr ip = {
        .version = IPVERSION,
        .ihl = IPV4_HEADER_LEN / 4,
        .tot_len = htons((uint16_t)len),
        /* A datagram that may not be fragmented needs no identification (RFC 6864, 4.1). */
        .frag_off = htons(IP_DF),
        .ttl = TTL,
        .protocol = IPPROTO_UDP,
        .saddr = from->ip.s_addr,
        .daddr = to->ip.s_addr,
    };
    ip.check = (uint16_t)~checksum_fold(checksum_add(0, (const uint8_t *)&ip, sizeof(ip)));
    memcpy(out, &ip, sizeof(ip));
}

/* Traffic class and flow label are 0, as those of a host that sets none (RFC 6437, 2). */
static void build_ipv6(uint8_t *out, const struct io_address *from, const struct io_address *to, uint32_t len)
{
    struct ip6_hdr ip = {
        .ip6_flow = htonl(UINT32_C(6) << 28),
        .ip6_plen = htons((uint16_t)(len - IPV6_HEADER_LEN)),
        .ip6_nxt = IPPROTO_UDP,
        .ip6_hlim = TTL,
        .ip6_src = from->ip6,
        .ip6_dst = to->ip6,
    };
    memcpy(out, &ip, sizeof(ip));
}

static uint64_t add_addresses(uint64_t sum, const struct io_address *a, bool ip6)
{
    return ip6 ? checksum_add(sum, (const uint8_t *)&a->ip6, sizeof(a->ip6))
               : checksum_add(sum, (const uint8_t *)&a->ip, sizeof(a->ip));
}

/* The sum of the header, of the pseudo header (RFC 768; RFC 8200, 8.1) and of a payload that sums to 0xffff. */
static uint16_t udp_checksum(const struct udphdr *udp, const struct io_address *from, const struct io_address *to,
                             bool ip6)
{
    uint64_t sum = checksum_add(UINT16_MAX, (const uint8_t *)udp, sizeof(*udp));

    sum = add_addresses(add_addresses(sum, from, ip6), to, ip6);
    uint16_t checksum = (uint16_t)~checksum_fold(sum + htons(IPPROTO_UDP) + udp->len);
    return checksum != 0 ? checksum : UINT16_MAX;
}

void headers_build_with(const struct io_encapsulation *e, uint8_t *headers, const struct io_address *from,
                        const struct io_address *to, uint32_t frame_len, bool payload_checked)
{
    const struct layout at = layout_of(e);
    struct udphdr udp = {
        .source = htons(from->udp_port),
        .dest = htons(to->udp_port),
        .len = htons((uint16_t)(frame_len - at.udp)),
    };

    udp.check = payload_checked || e->ip6 ? udp_checksum(&udp, from, to, e->ip6) : 0;
    build_ethernet(headers, e, from, to);
    if (e->ip6)
        build_ipv6(headers + at.ip, from, to, frame_len - at.ip);
    else
        build_ipv4(headers + at.ip, from, to, frame_len - at.ip);
    memcpy(headers + at.udp, &udp, sizeof(udp));
}

void headers_build(uint8_t *headers, const struct io_address *from, const struct io_address *to, uint32_t frame_len,
                   bool payload_checked)
{
    static const struct io_encapsulation plain;

    headers_build_with(&plain, headers, from, to, frame_len, payload_checked);
}

/* Whether the EtherTypes of the tags and behind them are ours; which VLANs they are of is not looked at. */
static bool tags_are_alike(const uint8_t *frame, const struct io_encapsulation *e)
{
    uint8_t ours[ETHERNET_HEADER_LEN + 2 * VLAN_TAG_LEN];
    const struct layout at = layout_of(e);

    headers_build_tags(ours, e, e->vlan_first, e->ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    for (uint32_t offset = TAGS_AT; offset < at.ip; offset += VLAN_TAG_LEN) {
        if (load_u16(frame + offset) != load_u16(ours + offset))
            return false;
    }
    return true;
}

static bool is_udp_over_ipv6(const uint8_t *ip)
{
    struct ip6_hdr header;

    memcpy(&header, ip, sizeof(header));
    return header.ip6_vfc >> 4 == 6 && header.ip6_nxt == IPPROTO_UDP;
}

static bool is_udp_over_ipv4(const uint8_t *ip)
{
    struct iphdr header;

    memcpy(&header, ip, sizeof(header));
    return header.version == IPVERSION && header.ihl == IPV4_HEADER_LEN / 4 &&
           (header.frag_off & htons(IP_MF | IP_OFFMASK)) == 0 && header.protocol == IPPROTO_UDP;
}

bool headers_are_udp_to(const struct io_encapsulation *e, const uint8_t *frame, uint32_t len, struct udp_ports ports)
{
    const struct layout at = layout_of(e);

    return len >= at.len && tags_are_alike(frame, e) &&
           (e->ip6 ? is_udp_over_ipv6(frame + at.ip) : is_udp_over_ipv4(frame + at.ip)) &&
           udp_ports_have(ports, load_u16(frame + at.udp + 2));
}

bool headers_agree_on_len(const struct io_encapsulation *e, const uint8_t *frame, uint32_t len)
{
    const struct layout at = layout_of(e);
    /* IPv6 counts what is behind its header. */
    uint32_t ip_len =
        e->ip6 ? ntohs(load_u16(frame + at.ip + 4)) + IPV6_HEADER_LEN : ntohs(load_u16(frame + at.ip + 2));

    return ip_len == len - at.ip && ntohs(load_u16(frame + at.udp + 4)) == len - at.udp;
}

/* What headers_are_udp_to() and headers_agree_on_len() look at. */
static void mark_what_tells(const struct io_encapsulation *e, uint8_t *bytes)
{
    const struct layout at = layout_of(e);

    for (uint32_t offset = TAGS_AT; offset < at.ip; offset += VLAN_TAG_LEN)
        memset(bytes + offset, 0xff, 2);
    /* Version and lengths; IPv4 has fragments in front of its protocol, IPv6 the protocol at once. Of IPv6's first
     * word, the version alone. */
    if (e->ip6) {
        bytes[at.ip] = 0xf0;
        memset(bytes + at.ip + 4, 0xff, 3);
    } else {
        bytes[at.ip] = 0xff;
        memset(bytes + at.ip + 2, 0xff, 2);
        memset(bytes + at.ip + 6, 0xff, 2);
        bytes[at.ip + 9] = 0xff;
    }
    memset(bytes + at.udp + 4, 0xff, 2);
}

uint32_t headers_mask(const struct io_encapsulation *e, uint64_t mask[HEADER_WORDS])
{
    uint8_t bytes[8 * HEADER_WORDS] = {0};

    mark_what_tells(e, bytes);
    memcpy(mask, bytes, sizeof(bytes));
    return (layout_of(e).len + 7) / 8;
}
