/* SPDX-License-Identifier: Apache-2.0 */
#include "announcement.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <string.h>

void announcement_build(uint8_t frame[ANNOUNCEMENT_LEN_MAX], const struct io_address *local)
{
    struct ether_header ethernet = {.ether_type = htons(ETHERTYPE_ARP)};
    struct ether_arp arp = {
        .ea_hdr.ar_hrd = htons(ARPHRD_ETHER),
        .ea_hdr.ar_pro = htons(ETHERTYPE_IP),
        .ea_hdr.ar_hln = sizeof(arp.arp_sha),
        .ea_hdr.ar_pln = sizeof(arp.arp_spa),
        .ea_hdr.ar_op = htons(ARPOP_REQUEST),
    };

    memset(ethernet.ether_dhost, 0xff, sizeof(ethernet.ether_dhost));
    memcpy(ethernet.ether_shost, local->mac, sizeof(ethernet.ether_shost));
    memcpy(arp.arp_sha, local->mac, sizeof(arp.arp_sha));
    memcpy(arp.arp_spa, &local->ip, sizeof(arp.arp_spa));
    memcpy(arp.arp_tpa, &local->ip, sizeof(arp.arp_tpa));
    memset(frame, 0, ANNOUNCEMENT_LEN_MAX);
    memcpy(frame, &ethernet, sizeof(ethernet));
    memcpy(frame + sizeof(ethernet), &arp, sizeof(arp));
}
