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

struct netdev;

/* Opens the UDP socket that takes our packets from the kernel's IP and drops them. -1 where the address is not
 * configured or the port is another's: then the kernel has no reason to answer either. */
int packet_socket_open_sink(const struct io_address *local, bool ip6);

/* Frames to a MAC address that is not the interface's own are filtered by a NIC unless it is told, which lasts as long
 * as this packet socket; of many it takes all. 0 or a negative errno, with a text. */
int packet_socket_accept_macs(struct io_port *port, int fd, const struct netdev *dev);

#endif
