/* SPDX-License-Identifier: Apache-2.0 */
/* The two programs of redirect.c: what happens to a frame that arrives at a port. Each port has its own, with its
 * number in it. */
#ifndef VSW_REDIRECT_PROGRAMS_H
#define VSW_REDIRECT_PROGRAMS_H

#include <stdint.h>

/* As many addresses as the switch knows; what it cannot learn any more, it floods. */
#define ADDRESSES_MAX 262144

/* Of frames that arrived at a port. A cache line of its own: ports are served by several CPUs. */
struct port_counts {
    _Alignas(64) uint64_t handed_over; /* straight to the partner's other end (tc-peer) */
    uint64_t flooded;                  /* to all other ports */
    uint64_t kept_back;                /* those for its own port */
};

/* Keys of the address table: eight bytes, of which two are zero. */
struct address {
    _Alignas(8) uint8_t mac[6];
    uint8_t zero[2];
};

struct maps {
    int addresses; /* struct address to the number of a port, 32 bits */
    int ports;     /* the number of a port to the index of its interface */
    int counts;    /* the number of a port to struct port_counts */
};

/* Both load a program and return its descriptor, or a negative errno. */
int load_learning_switch(const struct maps *maps, uint32_t port);
int load_hand_over(const struct maps *maps, uint32_t port, int partners_interface);

#endif
