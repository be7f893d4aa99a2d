/* SPDX-License-Identifier: Apache-2.0 */
/* Packet sockets, one system call a burst. */
#include "netdev.h"
#include "packet_socket.h"
#include "raw_port.h"
#include "socket_port.h"

const struct io_ops io_raw_mmsg = {
    .name = "raw-mmsg",
    .title = "AF_PACKET sockets, sendmmsg/recvmmsg",
    .capabilities = RAW_PORT_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = packet_socket_probe,
    .open = raw_port_open,
    .tx_reserve = socket_tx_reserve,
    .tx_lengths = socket_tx_lengths,
    .tx_commit = socket_tx_burst,
    .rx = socket_rx_burst,
    .descriptors = socket_descriptors,
    .announce = netdev_announce,
    .stats = raw_port_stats,
    .close = raw_port_close,
};
