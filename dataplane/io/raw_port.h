/* SPDX-License-Identifier: Apache-2.0 */
/* What `raw` and `raw-mmsg` share: packet sockets that packets go through by system calls. */
#ifndef VSW_RAW_PORT_H
#define VSW_RAW_PORT_H

#include "io.h"

#define RAW_PORT_CAPABILITIES (IO_WHOLE_FRAMES | IO_SLOTS_KEEP_CONTENT | IO_ONE_UDP_PORT)

/* Parts of io_ops; the state begins with a socket_port. */
int raw_port_open(struct io_port *port);
void raw_port_stats(struct io_port *port, struct io_stats *out);
void raw_port_close(struct io_port *port);

#endif
