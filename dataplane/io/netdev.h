/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's network interface below a framework that uses sockets. */
#ifndef VSW_NETDEV_H
#define VSW_NETDEV_H

#include <errno.h>
#include <net/if.h>

#include "io.h"

/* A network interface that is up and has its carrier. */
struct netdev {
    int index;
    uint8_t mac[6];
};

/* Leaves a line of text in port->error; returns -error. */
int netdev_fail(struct io_port *port, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What is to become of a call of a socket that failed with this error, to do `what`: 1 = try again, 0 = no room or
 * nothing there, or a negative errno, with a text. */
int netdev_judge(struct io_port *port, int error, const char *what);

/* Looks up the interface that the configuration names. Its other end may still be about to come up: waits up to 2 s
 * for the carrier. -ENODEV, -ENETDOWN or -EMSGSIZE (MTU too small), with a text. */
int netdev_find(struct io_port *port, struct netdev *dev);

/* Broadcasts a gratuitous ARP request (RFC 5227, announcement) with the local addresses. 0 or a negative errno. */
int netdev_announce(struct io_port *port, unsigned first, unsigned n);

/* Tells the kernel the peer's MAC address for good, so that it never has to ask the wire. True if the entry is new and
 * has to be removed by netdev_forget_peer; false if it was there, or if the process may not set it (CAP_NET_ADMIN). */
bool netdev_learn_peer(const struct io_port *port);
void netdev_forget_peer(const struct io_port *port);

enum netdev_queue { NETDEV_TX_QUEUE, NETDEV_RX_QUEUE };

/* Asks for the queue that suits a test and returns what the socket has, in bytes as the kernel accounts them, that is
 * with its overhead for each packet. Without CAP_NET_ADMIN it is less: net.core.wmem_max, net.core.rmem_max. */
uint32_t netdev_size_queue(int fd, enum netdev_queue queue);

#endif
