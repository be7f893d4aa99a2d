/* SPDX-License-Identifier: Apache-2.0 */
/* Packet sockets, one system call a frame. */
#include "netdev.h"
#include "packet_socket.h"
#include "raw_port.h"
#include "socket_port.h"

const struct io_ops io_raw = {
    .name = "raw",
    .title = "AF_PACKET sockets, send/recv",
    .capabilities = RAW_PORT_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = packet_socket_probe,
    .open = raw_port_open,
    .tx_reserve = socket_tx_reserve,
    .tx_lengths = socket_tx_lengths,
    .tx_commit = socket_tx_each,
    .rx = socket_rx_each,
    .descriptors = socket_descriptors,
    .announce = netdev_announce,
    .stats = raw_port_stats,
    .close = raw_port_close,
};
