/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_port.h"

#include <stdlib.h>

#include "netdev.h"
#include "packet_socket.h"
#include "socket_port.h"

struct raw_port {
    struct socket_port bursts; /* borrows the descriptors */
    struct packet_sockets sockets;
};

static int open_port(struct io_port *port, struct raw_port *state)
{
    int error = socket_port_init(port, &state->bursts, 0);

    if (error == 0)
        error = packet_sockets_open(port, &state->sockets);
    state->bursts.tx_fd = state->sockets.tx_fd;
    state->bursts.rx_fd = state->sockets.rx_fd;
    return error;
}

int raw_port_open(struct io_port *port)
{
    struct raw_port *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    state->sockets = PACKET_SOCKETS_NONE;
    port->state = state;
    int error = open_port(port, state);
    if (error < 0)
        raw_port_close(port);
    return error;
}

void raw_port_stats(struct io_port *port, struct io_stats *out)
{
    struct raw_port *state = port->state;

    *out = (struct io_stats){
        .rx_dropped = packet_sockets_dropped(&state->sockets),
        .tx_errors = state->bursts.tx_errors,
    };
}

void raw_port_close(struct io_port *port)
{
    struct raw_port *state = port->state;

    if (state == NULL)
        return;
    packet_sockets_close(&state->sockets);
    state->bursts.tx_fd = state->bursts.rx_fd = -1;
    socket_port_fini(&state->bursts);
    free(state);
    port->state = NULL;
}
