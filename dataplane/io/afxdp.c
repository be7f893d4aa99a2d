/* SPDX-License-Identifier: Apache-2.0 */
/* AF_XDP sockets, whose device the kernel polls: on a veth on the CPU of whoever sends to it. */
#include "netdev.h"
#include "xsk.h"
#include "xsk_port.h"

const struct io_ops io_afxdp = {
    .name = "afxdp",
    .title = "AF_XDP sockets",
    .capabilities = XSK_PORT_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .frame_max = XSK_FRAME_MAX,
    .probe = xsk_probe,
    .open = xsk_port_open,
    .tx_reserve = xsk_port_tx_reserve,
    .tx_lengths = xsk_port_tx_lengths,
    .tx_commit = xsk_port_tx_commit,
    .rx = xsk_port_rx,
    .rx_release = xsk_port_rx_release,
    .descriptors = xsk_port_descriptors,
    .announce = netdev_announce,
    .stats = xsk_port_stats,
    .close = xsk_port_close,
};
