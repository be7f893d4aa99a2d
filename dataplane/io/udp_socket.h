/* SPDX-License-Identifier: Apache-2.0 */
/* The UDP socket that the `udp` frameworks share: bound and connected. */
#ifndef VSW_UDP_SOCKET_H
#define VSW_UDP_SOCKET_H

#include "io.h"
#include "socket_port.h"

#define UDP_SOCKET_CAPABILITIES (IO_SLOTS_KEEP_CONTENT)

/* The first member of the state of each framework that is built on a UDP socket. */
struct udp_socket {
    struct socket_port sockets;
    bool peer_learnt;
    uint32_t drops_seen; /* the kernel's counter, which wraps */
    uint64_t dropped;
};

/* docs/decisions/0001-checksums.md */
enum udp_checksum { UDP_CHECKSUM_NONE, UDP_CHECKSUM_OFFLOADED };

/* Gives a state whose socket_port has no descriptors yet its socket. 0 or a negative errno, with a text. */
int udp_socket_connect(struct io_port *port, struct udp_socket *state, enum udp_checksum checksum);

/* Parts of io_ops; the state begins with a udp_socket. */
int udp_socket_probe(char *why, size_t why_size);
int udp_socket_open(struct io_port *port); /* for one packet a message, without a checksum */
void udp_socket_stats(struct io_port *port, struct io_stats *out);
void udp_socket_close(struct io_port *port);

#endif
