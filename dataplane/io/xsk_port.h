/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `afxdp` and `afxdp-busy` share: frames in memory that the kernel shares with us, lent as slots and handed over
 * by rings. docs/decisions/0031-af-xdp.md says what that measures on a veth.
 */
#ifndef VSW_XSK_PORT_H
#define VSW_XSK_PORT_H

#include "io.h"

#define XSK_PORT_CAPABILITIES (IO_WHOLE_FRAMES | IO_LOSES_TAGS)

/* Parts of io_ops. */
int xsk_port_open(struct io_port *port);      /* the kernel polls the device where and when it likes */
int xsk_port_open_busy(struct io_port *port); /* our own calls do */
int xsk_port_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n);
void xsk_port_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n);
int xsk_port_tx_commit(struct io_port *port, unsigned n);
int xsk_port_rx(struct io_port *port, struct io_slot *slots, unsigned n);
void xsk_port_rx_release(struct io_port *port);
void xsk_port_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd);
void xsk_port_stats(struct io_port *port, struct io_stats *out);
void xsk_port_close(struct io_port *port);

#endif
