/* SPDX-License-Identifier: Apache-2.0 */
/* What frameworks that are built on sockets have in common: bursts that go through a socket one by one or by one call.
 */
#ifndef VSW_SOCKET_PORT_H
#define VSW_SOCKET_PORT_H

#include <sys/socket.h>

#include "../load/clock.h"
#include "io.h"

/*
 * When to ask the kernel for packets again after it had fewer than a burst.
 *
 * A veth delivers on the sender's CPU, so each look into the queue takes the lock and the cache lines that the sender
 * needs for its next packet: a receiver that asks all the time gets 5 ... 20 % fewer packets. At high rates one that
 * only receives therefore leaves the queue alone until about half a burst has come, as a NIC moderates its interrupts,
 * but never for longer than RX_PAUSE_MAX_NS, by which this may add to a one-way delay. It can be switched off.
 */
struct rx_moderation {
    uint64_t resume_ticks; /* the queue is left alone until then */
    uint64_t last_ticks;   /* when packets were last found */
    uint64_t spacing;      /* running mean of the ticks between two packets */
    uint64_t pause_max;    /* ticks; 0 = no moderation */
    uint64_t half_burst;   /* packets */
};

/* The first member of the state of each framework that is built on sockets. Both descriptors may be the same. */
struct socket_port {
    int tx_fd, rx_fd; /* -1 = none */
    unsigned burst;
    uint32_t tx_len;  /* bytes the application writes of each packet */
    size_t room;      /* bytes from packet to packet, and what there is room for */
    uint8_t *tx, *rx; /* burst packets each */
    struct mmsghdr *tx_messages, *rx_messages;
    struct iovec *vectors;
    struct rx_moderation moderation;
    uint64_t tx_errors;
};

/* Memory for the bursts; payload_offset is what the kernel writes in front of it. 0 or -ENOMEM, with a text. */
int socket_port_init(struct io_port *port, struct socket_port *sp, uint32_t payload_offset);
/* Closes the descriptors and frees the memory, but not the state itself. */
void socket_port_fini(struct socket_port *sp);

/* What became of a call on fd that failed just now, to do `what`: 1 = try again, 0 = no room or nothing there, or a
 * negative errno, with a text. */
int socket_judge(struct io_port *port, int fd, const char *what);

/* Parts of io_ops for a port whose state begins with a socket_port. */
int socket_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n);
void socket_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n);
int socket_tx_each(struct io_port *port, unsigned n);                         /* send */
int socket_tx_burst(struct io_port *port, unsigned n);                        /* sendmmsg */
int socket_rx_each(struct io_port *port, struct io_slot *slots, unsigned n);  /* recv */
int socket_rx_burst(struct io_port *port, struct io_slot *slots, unsigned n); /* recvmmsg */
void socket_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd);

#endif
