/* SPDX-License-Identifier: Apache-2.0 */
/* What the frameworks share whose port is an Ethernet device of DPDK's. */
#ifndef VSW_DPDK_H
#define VSW_DPDK_H

#include <rte_mbuf.h>

#include "io.h"
#include "rx_batch.h"

struct dpdk_port {
    uint16_t id;
    bool attached;
    uint16_t queues, tx_queue, rx_queue; /* how many each way, and whose turn it is */
    unsigned tx_held;                    /* buffers in the array */
    uint32_t frame_len;
    struct rte_mempool *pool;
    struct rte_mbuf *tx[IO_BURST_MAX];
    struct rx_batch rx;
};

struct dpdk_device {
    const char *argument;
    uint16_t descriptors; /* of each ring, where the device lets us choose */
    bool keeps_mac;       /* it has the address that it is to have, and is not told one */
};

/* Makes port->state of so many bytes, all zero, of which the first are a struct dpdk_port, and starts the device. 0 or
 * a negative errno, with a text; there is no state then. */
int dpdk_open_device(struct io_port *port, const struct dpdk_device *device, size_t state_size);

/* Parts of io_ops; the state begins with a dpdk_port. */
int dpdk_probe(char *why, size_t why_size);
int dpdk_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n);
void dpdk_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n);
int dpdk_tx_commit(struct io_port *port, unsigned n);
int dpdk_rx(struct io_port *port, struct io_slot *slots, unsigned n);
void dpdk_rx_release(struct io_port *port);
int dpdk_announce(struct io_port *port, unsigned first, unsigned n);
void dpdk_stats(struct io_port *port, struct io_stats *out);
void dpdk_close(struct io_port *port);

#endif
