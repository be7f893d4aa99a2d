/* SPDX-License-Identifier: Apache-2.0 */
/* Where the headers lie in a frame: Ethernet II with up to two VLAN tags, IPv4 without options or IPv6 without
 * extension headers, UDP. */
#ifndef VSW_LAYOUT_H
#define VSW_LAYOUT_H

#include "../io/io.h"
#include "packet.h"

enum {
    VLAN_TAG_LEN = 4,
    IPV6_HEADER_LEN = 40,
    HEADERS_LEN_MAX = ETHERNET_HEADER_LEN + 2 * VLAN_TAG_LEN + IPV6_HEADER_LEN + UDP_HEADER_LEN,
};

/* Room for all headers in whole words of eight bytes. */
#define HEADER_WORDS ((HEADERS_LEN_MAX + 7) / 8)

/* Ids that a VLAN may have: 0 is none, and 4095 is reserved (IEEE 802.1Q, table 9-2). */
#define VLAN_MAX 4094

/* EtherType of the service tag of IEEE 802.1ad; that of 802.1Q is ETHERTYPE_VLAN. */
#define ETHERTYPE_8021AD 0x88a8

/* Where the first tag begins, or the EtherType where there is none. */
#define TAGS_AT 12

/* Offsets in a frame. */
struct layout {
    uint32_t ip;  /* of the IP header; the EtherType stands in front of it */
    uint32_t udp; /* of the UDP header */
    uint32_t len; /* of all headers */
};

static inline unsigned tag_count(const struct io_encapsulation *e)
{
    return (e->vlan_first != 0 ? 1u : 0u) + (e->outer_vlan != 0 ? 1u : 0u);
}

static inline struct layout layout_of(const struct io_encapsulation *e)
{
    uint32_t ip = ETHERNET_HEADER_LEN + tag_count(e) * VLAN_TAG_LEN;
    uint32_t udp = ip + (e->ip6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN);

    return (struct layout){.ip = ip, .udp = udp, .len = udp + UDP_HEADER_LEN};
}

/* Whether frames have the headers that most have, for which there are loops of their own: IPv4 without a tag. */
static inline bool layout_is_plain(const struct io_encapsulation *e)
{
    return tag_count(e) == 0 && !e->ip6;
}

/* The smallest frame that has room for these headers and our compact one. */
static inline uint32_t layout_frame_len_min(const struct io_encapsulation *e)
{
    return layout_of(e).len + COMPACT_DATA;
}

#endif
