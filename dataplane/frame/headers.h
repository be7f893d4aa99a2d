/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers in front of the payload, for frameworks that carry whole frames: Ethernet II, tags where there are some,
 * IPv4 or IPv6, UDP. They are the same for every packet of a flow, so they are built once and copied.
 */
#ifndef VSW_HEADERS_H
#define VSW_HEADERS_H

#include <stdbool.h>

#include "../io/io.h"
#include "flows.h"
#include "layout.h"
#include "packet.h"

/* Writes the HEADERS_LEN bytes of the flow from one address to another. A checked payload sums to 0xffff, whatever it
 * holds, so that its UDP checksum is known without it; otherwise it is 0, none (RFC 768). */
void headers_build(uint8_t *headers, const struct io_address *from, const struct io_address *to, uint32_t frame_len,
                   bool payload_checked);

/* The same with tags or over IPv6: the layout's bytes. IPv6 has no packet without a checksum (RFC 8200, 8.1), so that
 * every payload has to sum to 0xffff there. */
void headers_build_with(const struct io_encapsulation *e, uint8_t *headers, const struct io_address *from,
                        const struct io_address *to, uint32_t frame_len, bool payload_checked);

/* Writes the tags of a frame, the inner one with this id, and the EtherType behind them. Returns where that ends. */
uint8_t *headers_build_tags(uint8_t *frame, const struct io_encapsulation *e, uint16_t vlan, uint16_t ethertype);

/* Whether a frame carries UDP to one of these ports, in one piece, with such tags, of whichever VLAN, and this version
 * of IP. */
bool headers_are_udp_to(const struct io_encapsulation *e, const uint8_t *frame, uint32_t len, struct udp_ports ports);

/* Writes which bits of the headers tell our packets from others, by words as they are loaded. Returns how many words
 * that takes. What is behind the headers has no bit, nor has the port, of which there may be several. */
uint32_t headers_mask(const struct io_encapsulation *e, uint64_t mask[HEADER_WORDS]);

/* Whether the lengths that IP and UDP give are those of the frame. */
bool headers_agree_on_len(const struct io_encapsulation *e, const uint8_t *frame, uint32_t len);

/* Whether a frame's headers are these: all bytes of them, or those that tell our packets from others. */
ALWAYS_INLINE bool headers_match(const uint8_t *frame, const uint8_t *headers, const bool every_byte)
{
    if (!every_byte)
        return load_u64(frame + 12) == load_u64(headers + 12) && load_u32(frame + 20) == load_u32(headers + 20) &&
               load_u32(frame + 36) == load_u32(headers + 36);
    return load_u64(frame) == load_u64(headers) && load_u64(frame + 8) == load_u64(headers + 8) &&
           load_u64(frame + 16) == load_u64(headers + 16) && load_u64(frame + 24) == load_u64(headers + 24) &&
           load_u64(frame + 32) == load_u64(headers + 32) && load_u16(frame + 40) == load_u16(headers + 40);
}

/* Whether a frame's headers tell that it is one of ours, at whichever of these ports. */
ALWAYS_INLINE bool headers_tell_ours(const uint8_t *frame, const uint8_t *headers, struct udp_ports ports)
{
    return load_u64(frame + 12) == load_u64(headers + 12) && load_u32(frame + 20) == load_u32(headers + 20) &&
           load_u16(frame + 38) == load_u16(headers + 38) && udp_ports_have(ports, load_u16(frame + 36));
}

/* Whether a frame's headers are these in all bytes but the eight from `offset` on, which is one of flows.h. */
ALWAYS_INLINE bool headers_match_around(const uint8_t *frame, const uint8_t *headers, const uint32_t offset)
{
#define SAME(bits, at) (load_u##bits(frame + (at)) == load_u##bits(headers + (at)))
    switch (offset) {
    case FLOW_AT_DESTINATION_MAC:
        return SAME(64, 8) && SAME(64, 16) && SAME(64, 24) && SAME(64, 32) && SAME(16, 40);
    case FLOW_AT_BOTH_MACS:
        return SAME(16, 0) && SAME(64, 10) && SAME(64, 18) && SAME(64, 26) && SAME(64, 34);
    case FLOW_AT_SOURCE_MAC:
        return SAME(32, 0) && SAME(16, 4) && SAME(64, 14) && SAME(64, 22) && SAME(64, 30) && SAME(32, 38);
    case FLOW_AT_IP:
        return SAME(64, 0) && SAME(64, 8) && SAME(64, 16) && SAME(16, 24) && SAME(64, 34);
    default:
        return SAME(64, 0) && SAME(64, 8) && SAME(64, 16) && SAME(64, 24) && SAME(16, 32);
    }
#undef SAME
}

/* Writes the headers of an answer to a frame: both ends swapped, at each layer. No checksum changes by that. */
ALWAYS_INLINE void headers_answer(uint8_t *answer, const uint8_t *frame)
{
    memcpy(answer, frame + 6, 6);
    memcpy(answer + 6, frame, 6);
    memcpy(answer + 12, frame + 12, 14);
    memcpy(answer + 26, frame + 30, 4);
    memcpy(answer + 30, frame + 26, 4);
    memcpy(answer + 34, frame + 36, 2);
    memcpy(answer + 36, frame + 34, 2);
    memcpy(answer + 38, frame + 38, 4);
}

/* The same with tags, which stay, or over IPv6. */
static inline void headers_answer_with(const struct io_encapsulation *e, uint8_t *answer, const uint8_t *frame)
{
    const struct layout at = layout_of(e);
    const uint32_t address_len = e->ip6 ? 16 : 4, addresses = at.udp - 2 * address_len;

    memcpy(answer, frame + 6, 6);
    memcpy(answer + 6, frame, 6);
    memcpy(answer + TAGS_AT, frame + TAGS_AT, addresses - TAGS_AT);
    memcpy(answer + addresses, frame + addresses + address_len, address_len);
    memcpy(answer + addresses + address_len, frame + addresses, address_len);
    memcpy(answer + at.udp, frame + at.udp + 2, 2);
    memcpy(answer + at.udp + 2, frame + at.udp, 2);
    memcpy(answer + at.udp + 4, frame + at.udp + 4, 4);
}

#endif
