/* SPDX-License-Identifier: Apache-2.0 */
/* UDP sockets, one system call a burst. */
#include "netdev.h"
#include "udp_socket.h"

const struct io_ops io_udp_mmsg = {
    .name = "udp-mmsg",
    .title = "UDP sockets, sendmmsg/recvmmsg",
    .capabilities = UDP_SOCKET_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = udp_socket_probe,
    .open = udp_socket_open,
    .tx_reserve = socket_tx_reserve,
    .tx_lengths = socket_tx_lengths,
    .tx_commit = socket_tx_burst,
    .rx = socket_rx_burst,
    .descriptors = socket_descriptors,
    .announce = netdev_announce,
    .stats = udp_socket_stats,
    .close = udp_socket_close,
};
