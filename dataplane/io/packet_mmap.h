/* SPDX-License-Identifier: Apache-2.0 */
/* What `packet-mmap` and `packet-mmap-blocks` share: they send alike. */
#ifndef VSW_PACKET_MMAP_H
#define VSW_PACKET_MMAP_H

#include "packet_ring.h"
#include "packet_socket.h"

#define PACKET_MMAP_CAPABILITIES (IO_WHOLE_FRAMES | IO_ONE_UDP_PORT)

struct packet_mmap {
    struct packet_sockets sockets;
    struct packet_ring tx, rx;
    uint32_t frame_len;
    uint32_t rx_lent; /* frames */
    /* Of a ring of blocks: where in the next one we are, and that it is to be given back. */
    const struct tpacket3_hdr *packet;
    uint32_t packets_left;
    bool walked;
};

typedef int packet_ring_open(struct io_port *port, struct packet_ring *ring, int fd);

/* Opens a port; the ring to receive from is made by open_rx. */
int packet_mmap_open_as(struct io_port *port, packet_ring_open *open_rx);

/* Parts of io_ops. */
int packet_mmap_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n);
void packet_mmap_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n);
int packet_mmap_tx_commit(struct io_port *port, unsigned n);
void packet_mmap_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd);
void packet_mmap_stats(struct io_port *port, struct io_stats *out);
void packet_mmap_close(struct io_port *port);

#endif
