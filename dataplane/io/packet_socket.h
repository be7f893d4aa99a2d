/* SPDX-License-Identifier: Apache-2.0 */
/* AF_PACKET sockets: one that sends and one that receives what is ours, which the kernel's IP then does not see. */
#ifndef VSW_PACKET_SOCKET_H
#define VSW_PACKET_SOCKET_H

#include "io.h"

struct packet_sockets {
    int tx_fd, rx_fd;           /* -1 = none */
    int classifier_fd, sink_fd; /* -1 = none */
    uint64_t dropped;           /* by the receiving one, as far as it was asked */
};

#define PACKET_SOCKETS_NONE ((struct packet_sockets){-1, -1, -1, -1, 0})

int packet_socket_probe(char *why, size_t why_size);
/* Opens what the port's configuration asks for. 0 or a negative errno, with a text; close in either case. */
int packet_sockets_open(struct io_port *port, struct packet_sockets *sockets);
/* Packets of ours that found the receiving socket's queue or ring full, since it was opened. */
uint64_t packet_sockets_dropped(struct packet_sockets *sockets);
void packet_sockets_close(struct packet_sockets *sockets);

#endif
