/* SPDX-License-Identifier: Apache-2.0 */
/* The AF_PACKET sockets that `raw` and `raw-mmsg` share: one that sends and one that receives. */
#ifndef VSW_PACKET_SOCKET_H
#define VSW_PACKET_SOCKET_H

#include "io.h"

#define PACKET_SOCKET_CAPABILITIES (IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT | IO_ONE_UDP_PORT)

/* Parts of io_ops; the state begins with a socket_port. */
int packet_socket_probe(char *why, size_t why_size);
int packet_socket_open(struct io_port *port);
void packet_socket_stats(struct io_port *port, struct io_stats *out);
void packet_socket_close(struct io_port *port);

#endif
