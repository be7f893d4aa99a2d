/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port for the tests: each slot is an allocation of its own, of exactly its length, so that the address sanitizer
 * sees a byte read or written beside it. What was sent stays in the slots.
 */
#ifndef VSW_FAKE_PORT_H
#define VSW_FAKE_PORT_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../frame/packet.h"
#include "../io/io.h"

struct fake_port {
    struct io_port port;
    struct io_ops ops;
    struct io_slot slots[IO_BURST_MAX];
    unsigned lends, takes; /* at most, per burst */
    unsigned lent, taken;  /* last time */
};

static int fake_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct fake_port *fake = port->state;

    fake->lent = n < fake->lends ? n : fake->lends;
    memcpy(slots, fake->slots, fake->lent * sizeof(*slots));
    return (int)fake->lent;
}

static int fake_tx_commit(struct io_port *port, unsigned n)
{
    struct fake_port *fake = port->state;

    fake->taken = n < fake->takes ? n : fake->takes;
    return (int)fake->taken;
}

static inline void fake_open(struct fake_port *fake, unsigned capabilities, uint32_t frame_len, unsigned burst)
{
    memset(fake, 0, sizeof(*fake));
    fake->ops = (struct io_ops){
        .name = "fake",
        .capabilities = capabilities,
        .tx_reserve = fake_tx_reserve,
        .tx_commit = fake_tx_commit,
    };
    fake->port.ops = &fake->ops;
    fake->port.state = fake;
    fake->port.config = (struct io_config){
        .device = "",
        .local = {.mac = {2, 0x11, 0x22, 0x33, 0x44, 0x55}, .ip.s_addr = htonl(0x0a010203), .udp_port = 5001},
        .peer = {.mac = {2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}, .ip.s_addr = htonl(0xc0a8fe07), .udp_port = 61234},
        .frame_len = frame_len,
        .burst = burst,
        .transmits = true,
        .receives = true,
    };
    fake->lends = fake->takes = burst;
    for (unsigned i = 0; i < burst; i++) {
        fake->slots[i].len = capabilities & IO_WHOLE_FRAMES ? frame_len : frame_len - HEADERS_LEN;
        fake->slots[i].data = malloc(fake->slots[i].len);
        memset(fake->slots[i].data, 0xa5, fake->slots[i].len);
    }
}

/* Makes it the port of the other end: what one sent, the other can receive. */
static inline void fake_swap_ends(struct fake_port *fake)
{
    struct io_address local = fake->port.config.local;

    fake->port.config.local = fake->port.config.peer;
    fake->port.config.peer = local;
}

/* The next length to test: each of the usual ones, and of the jumbo frames each 251st, and the largest. */
static inline uint32_t next_frame_len(uint32_t len)
{
    if (len < IO_FRAME_USUAL)
        return len + 1;
    return len < IO_FRAME_MAX && len + 251 > IO_FRAME_MAX ? IO_FRAME_MAX : len + 251;
}

static inline void fake_close(struct fake_port *fake)
{
    for (unsigned i = 0; i < fake->port.config.burst; i++)
        free(fake->slots[i].data);
}

/* The address of index k of an end that has several: bytes 2 and 3 count up. */
static inline void fake_count_up(uint8_t mac[6], uint32_t k)
{
    k += (uint32_t)mac[2] << 8 | mac[3];
    mac[2] = (uint8_t)(k >> 8);
    mac[3] = (uint8_t)k;
}

#endif
