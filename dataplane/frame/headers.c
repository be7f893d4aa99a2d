/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include "checksum.h"

#define TTL 64

static void build_ipv4(uint8_t *out, const struct io_address *from, const struct io_address *to, uint32_t frame_len)
{
    struct iphdr ip = {
        .version = IPVERSION,
        .ihl = IPV4_HEADER_LEN / 4,
        .tot_len = htons((uint16_t)(frame_len - ETHERNET_HEADER_LEN)),
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

/* The sum of the header, of the pseudo header (RFC 768) and of a payload that sums to 0xffff. */
static uint16_t udp_checksum(const struct udphdr *udp, const struct io_address *from, const struct io_address *to)
{
    uint64_t sum = checksum_add(UINT16_MAX, (const uint8_t *)udp, sizeof(*udp));

    sum = checksum_add(sum, (const uint8_t *)&from->ip, sizeof(from->ip));
    sum = checksum_add(sum, (const uint8_t *)&to->ip, sizeof(to->ip));
    uint16_t checksum = (uint16_t)~checksum_fold(sum + htons(IPPROTO_UDP) + udp->len);
    return checksum != 0 ? checksum : UINT16_MAX;
}

void headers_build(uint8_t *headers, const struct io_address *from, const struct io_address *to, uint32_t frame_len,
                   bool payload_checked)
{
    struct ether_header ethernet = {.ether_type = htons(ETHERTYPE_IP)};
    struct udphdr udp = {
        .source = htons(from->udp_port),
        .dest = htons(to->udp_port),
        .len = htons((uint16_t)(frame_len - ETHERNET_HEADER_LEN - IPV4_HEADER_LEN)),
    };

    memcpy(ethernet.ether_dhost, to->mac, sizeof(ethernet.ether_dhost));
    memcpy(ethernet.ether_shost, from->mac, sizeof(ethernet.ether_shost));
    udp.check = payload_checked ? udp_checksum(&udp, from, to) : 0;

    memcpy(headers, &ethernet, sizeof(ethernet));
    build_ipv4(headers + ETHERNET_HEADER_LEN, from, to, frame_len);
    memcpy(headers + ETHERNET_HEADER_LEN + IPV4_HEADER_LEN, &udp, sizeof(udp));
}

bool headers_are_udp_to(const uint8_t *frame, uint32_t len, uint16_t udp_port)
{
    struct ether_header ethernet;
    struct iphdr ip;
    struct udphdr udp;

    if (len < HEADERS_LEN)
        return false;
    memcpy(&ethernet, frame, sizeof(ethernet));
    memcpy(&ip, frame + ETHERNET_HEADER_LEN, sizeof(ip));
    memcpy(&udp, frame + ETHERNET_HEADER_LEN + IPV4_HEADER_LEN, sizeof(udp));
    return ethernet.ether_type == htons(ETHERTYPE_IP) && ip.version == IPVERSION && ip.ihl == IPV4_HEADER_LEN / 4 &&
           (ip.frag_off & htons(IP_MF | IP_OFFMASK)) == 0 && ip.protocol == IPPROTO_UDP && udp.dest == htons(udp_port);
}

bool headers_agree_on_len(const uint8_t *frame, uint32_t len)
{
    struct iphdr ip;
    struct udphdr udp;

    memcpy(&ip, frame + ETHERNET_HEADER_LEN, sizeof(ip));
    memcpy(&udp, frame + ETHERNET_HEADER_LEN + IPV4_HEADER_LEN, sizeof(udp));
    return ntohs(ip.tot_len) == len - ETHERNET_HEADER_LEN &&
           ntohs(udp.len) == len - ETHERNET_HEADER_LEN - IPV4_HEADER_LEN;
}
