/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows: the packets of a pair may differ in what switches tell flows by. Which flow a packet is of follows from its
 * sequence number alone, so that whoever receives knows what to expect and whose packet is missing.
 *
 * Each field is varied within one word of eight bytes of the headers, which is the only thing written anew per packet:
 * read as a number in network order, it grows by the same step from flow to flow. Flow 0 has the addresses as they are.
 *
 * - udp-port: the source port counts up. The UDP checksum counts down with it.
 * - ip: the source address counts up and the destination address down, so that neither checksum changes. An IPv6
 * address has room for both: the last 32 bits of the source count up, and those before them down.
 * - mac: bytes 2 to 4 of the source's Ethernet address count up.
 * - vlan: the id of the VLAN tag, the inner one of two, counts up.
 * - both MAC addresses, which is no field that flows are asked to differ in but what --macs is: bytes 2 and 3 of both
 * count up, so that each end has as many addresses.
 *
 * In answers, source and destination have changed places.
 */
#ifndef VSW_FLOWS_H
#define VSW_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../io/io.h"

enum flow_field { FLOW_UDP_PORT, FLOW_IP, FLOW_MAC, FLOW_VLAN, FLOW_FIELD_COUNT, FLOW_BOTH_MACS = FLOW_FIELD_COUNT };
enum flow_order { FLOW_ROUND_ROBIN, FLOW_UNIFORM, FLOW_ZIPF, FLOW_NEW, FLOW_ORDER_COUNT };
extern const char *const flow_field_names[FLOW_FIELD_COUNT];

/* The most flows that are counted one by one. */
#define FLOWS_MAX (1u << 20)
/* With FLOW_NEW no flow comes twice before so many have come. */
#define FLOWS_NEW_IP (1u << 28)
#define FLOWS_NEW_MAC (1u << 24)
/* The most addresses that an end has. */
#define MACS_MAX (1u << 16)
/* So many numbers are drawn before they come again, in the same order. A power of two. */
#define FLOW_DRAWS (1u << 20)

struct flows {
    uint32_t count; /* 2 or more */
    enum flow_field field;
    enum flow_order order;
    bool at_source;                        /* we send the flows: what we receive are answers to them */
    struct io_encapsulation encapsulation; /* where the fields are */
    uint64_t seed;                         /* FLOW_UNIFORM: added to the sequence number */
    uint32_t *draws;                       /* FLOW_ZIPF: flow of each sequence number, modulo FLOW_DRAWS */
};

/* Draws what is drawn beforehand. order FLOW_NEW: count is that of the field. exponent: of FLOW_ZIPF, above 0; the
 * probability of flow k is proportional to (k + 1)^-exponent. pair: each draws its own. 0 or -ENOMEM. */
int flows_init(struct flows *f, uint32_t count, enum flow_field field, enum flow_order order, double exponent,
               unsigned pair);
void flows_fini(struct flows *f);

/* How many flows this source can have; 0 where the field does not exist. Addresses stay unicast ones. */
uint32_t flows_possible(enum flow_field field, const struct io_encapsulation *e, const struct io_address *from,
                        const struct io_address *to);

/* The UDP ports at which packets come in: one or, where they are answers to flows that differ in it, one for each. */
struct udp_ports {
    uint32_t first, count;
};

/* flows: those of the packets, or NULL. port: of flow 0, in host byte order. */
struct udp_ports udp_ports_of(const struct flows *f, uint16_t port, bool answers);

/* The port as it lies in a frame. */
static inline bool udp_ports_have(struct udp_ports ports, uint16_t port)
{
    return __builtin_bswap16(port) - ports.first < ports.count;
}

/* The flow of a packet. */
uint32_t flow_of(const struct flows *f, uint64_t sequence);

/* Where the words of flows begin in a frame that has no tag and IPv4, for which there are loops of their own. */
enum flow_offset {
    FLOW_AT_DESTINATION_MAC = 0, /* of answers: with two bytes of the source's */
    FLOW_AT_BOTH_MACS = 2,       /* four bytes of each */
    FLOW_AT_SOURCE_MAC = 6,      /* with the EtherType */
    FLOW_AT_IP = 26,             /* both addresses */
    FLOW_AT_UDP = 34,            /* both ports, length and checksum */
};

/* Whether both ends of the pair have many addresses. */
static inline bool flows_are_macs(const struct io_config *c)
{
    return c->flows != NULL && c->flows->field == FLOW_BOTH_MACS;
}

struct flow_view;
typedef void flow_words_function(const struct flow_view *view, uint64_t sequence, unsigned n, uint64_t *words);
typedef void flow_write_function(const struct flow_view *view, uint64_t sequence, unsigned n,
                                 const struct io_slot *slots);

/* How flows show in the headers of packets that go one way. */
struct flow_view {
    const struct flows *flows;
    flow_words_function *make_words;
    flow_write_function *write_words;
    uint32_t offset;  /* in a frame: enum flow_offset, or of its layout */
    uint64_t base;    /* of flow 0, as a number */
    uint64_t step;    /* from flow to flow */
    bool checksummed; /* the word ends with a checksum that follows the flow */
};

/* headers: those of flow 0 as they go this way. answers: back to the flows' source. */
void flow_view_init(struct flow_view *view, const struct flows *f, const uint8_t *headers, bool answers);

/* The words of n packets from this number on, as they lie in their frames. */
static inline void flow_words(const struct flow_view *view, uint64_t sequence, unsigned n, uint64_t *words)
{
    view->make_words(view, sequence, n, words);
}

/* The word of one packet, as it lies in its frame, whatever else these headers of flow 0 hold in it. */
uint64_t flow_word(const struct flow_view *view, uint64_t sequence, const uint8_t *headers);

/* Writes the words of n packets, from this number on, into frames that have the headers of flow 0. */
static inline void flow_write(const struct flow_view *view, uint64_t sequence, unsigned n, const struct io_slot *slots)
{
    view->write_words(view, sequence, n, slots);
}

#endif
