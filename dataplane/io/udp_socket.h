/* SPDX-License-Identifier: Apache-2.0 */
/* The UDP socket that `udp` and `udp-mmsg` share: bound, connected, and without a UDP checksum. */
#ifndef VSW_UDP_SOCKET_H
#define VSW_UDP_SOCKET_H

#include "io.h"

#define UDP_SOCKET_CAPABILITIES (IO_SLOTS_KEEP_CONTENT | IO_KERNEL_INTERFACE)

/* Parts of io_ops; the state begins with a socket_port. */
int udp_socket_probe(char *why, size_t why_size);
int udp_socket_open(struct io_port *port);
void udp_socket_stats(struct io_port *port, struct io_stats *out);
void udp_socket_close(struct io_port *port);

#endif
