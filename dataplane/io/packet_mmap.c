/* SPDX-License-Identifier: Apache-2.0 */
/* Packet sockets with rings of frames: a packet is handed over as soon as it is there. */
#include "packet_mmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../load/clock.h"
#include "netdev.h"

/* Where the kernel looks for the packet in a frame that is to be sent. */
#define TX_OFFSET sizeof(struct tpacket2_hdr)
_Static_assert(TX_OFFSET % TPACKET_ALIGNMENT == 0, "the kernel would round it up");

static int open_port(struct io_port *port, struct packet_mmap *state, packet_ring_open *open_rx)
{
    int error = packet_sockets_open(port, &state->sockets);

    state->frame_len = port->config.frame_len;
    if (error == 0 && state->sockets.tx_fd >= 0)
        error = packet_ring_open_tx(port, &state->tx, state->sockets.tx_fd);
    if (error == 0 && state->sockets.rx_fd >= 0)
        error = open_rx(port, &state->rx, state->sockets.rx_fd);
    return error;
}

int packet_mmap_open_as(struct io_port *port, packet_ring_open *open_rx)
{
    struct packet_mmap *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return netdev_fail(port, ENOMEM, "no memory for the port: free some");
    state->sockets = PACKET_SOCKETS_NONE;
    port->state = state;
    int error = open_port(port, state, open_rx);
    if (error < 0)
        packet_mmap_close(port);
    return error;
}

void packet_mmap_close(struct io_port *port)
{
    struct packet_mmap *state = port->state;

    if (state == NULL)
        return;
    packet_ring_close(&state->tx);
    packet_ring_close(&state->rx);
    packet_sockets_close(&state->sockets);
    free(state);
    port->state = NULL;
}

static struct tpacket2_hdr *tx_frame(const struct packet_mmap *state, uint32_t ahead)
{
    return (struct tpacket2_hdr *)(void *)packet_ring_item(&state->tx, ahead);
}

int packet_mmap_tx_reserve(struct io_port *port, struct io_slot *slots, unsigned n)
{
    const struct packet_mmap *state = port->state;

    if (n > state->tx.items)
        n = state->tx.items;
    for (unsigned i = 0; i < n; i++) {
        struct tpacket2_hdr *frame = tx_frame(state, i);
        /* Above it are only bits of timestamps. */
        if ((packet_ring_status(&frame->tp_status) & (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING)) != 0)
            return (int)i;
        frame->tp_len = state->frame_len;
        slots[i].data = (uint8_t *)frame + TX_OFFSET;
        slots[i].len = state->frame_len;
    }
    return (int)n;
}

void packet_mmap_tx_lengths(struct io_port *port, const struct io_slot *slots, unsigned n)
{
    const struct packet_mmap *state = port->state;

    for (unsigned i = 0; i < n; i++)
        tx_frame(state, i)->tp_len = slots[i].len;
}

/* Takes back what the kernel left of n frames from `sent` on. Returns how many of the n it took. */
static unsigned take_back(struct packet_mmap *state, unsigned n)
{
    unsigned sent = 0;

    while (sent < n && packet_ring_status(&tx_frame(state, sent)->tp_status) != TP_STATUS_SEND_REQUEST)
        sent++;
    for (unsigned i = sent; i < n; i++)
        packet_ring_hand_over(&tx_frame(state, i)->tp_status, TP_STATUS_AVAILABLE);
    return sent;
}

int packet_mmap_tx_commit(struct io_port *port, unsigned n)
{
    struct packet_mmap *state = port->state;
    unsigned sent = n;
    int verdict = 1;

    if (n == 0)
        return 0;
    for (unsigned i = 0; i < n; i++)
        packet_ring_hand_over(&tx_frame(state, i)->tp_status, TP_STATUS_SEND_REQUEST);
    /* The kernel goes on where it stopped, and says why it does only to whoever calls again. */
    while (verdict == 1) {
        ssize_t bytes = sendto(state->sockets.tx_fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
        if (bytes < 0)
            verdict = netdev_judge(port, errno, "send");
        else if (packet_ring_status(&tx_frame(state, n - 1)->tp_status) != TP_STATUS_SEND_REQUEST)
            break;
        else if (bytes == 0)
            verdict = 0;
    }
    if (verdict < 1)
        sent = take_back(state, n);
    packet_ring_advance(&state->tx, sent);
    return verdict < 0 && sent == 0 ? verdict : (int)sent;
}

static struct tpacket2_hdr *rx_frame(const struct packet_mmap *state, uint32_t ahead)
{
    return (struct tpacket2_hdr *)(void *)packet_ring_item(&state->rx, ahead);
}

static void rx_release(struct io_port *port)
{
    struct packet_mmap *state = port->state;

    for (uint32_t i = 0; i < state->rx_lent; i++)
        packet_ring_hand_over(&rx_frame(state, i)->tp_status, TP_STATUS_KERNEL);
    packet_ring_advance(&state->rx, state->rx_lent);
    state->rx_lent = 0;
}

static int rx(struct io_port *port, struct io_slot *slots, unsigned n)
{
    struct packet_mmap *state = port->state;
    unsigned got = 0;

    rx_release(port);
    if (n > state->rx.items)
        n = state->rx.items;
    for (; got < n; got++) {
        struct tpacket2_hdr *frame = rx_frame(state, got);
        if ((packet_ring_status(&frame->tp_status) & TP_STATUS_USER) == 0)
            break;
        slots[got] = (struct io_slot){.data = (uint8_t *)frame + frame->tp_mac, .len = frame->tp_snaplen};
    }
    const uint64_t now = got > 0 ? clock_ticks() : 0;
    for (unsigned i = 0; i < got; i++)
        slots[i].seen_ticks = now;
    state->rx_lent = got;
    return (int)got;
}

void packet_mmap_descriptors(const struct io_port *port, int *rx_fd, int *tx_fd)
{
    const struct packet_mmap *state = port->state;

    *rx_fd = state->sockets.rx_fd;
    *tx_fd = state->sockets.tx_fd;
}

void packet_mmap_stats(struct io_port *port, struct io_stats *out)
{
    struct packet_mmap *state = port->state;

    *out = (struct io_stats){.rx_dropped = packet_sockets_dropped(&state->sockets)};
}

static int open_frames(struct io_port *port)
{
    return packet_mmap_open_as(port, packet_ring_open_rx);
}

const struct io_ops io_packet_mmap = {
    .name = "packet-mmap",
    .title = "AF_PACKET sockets, rings of frames (TPACKET_V2)",
    .capabilities = PACKET_MMAP_CAPABILITIES,
    .ports = IO_PORTS_NETDEV,
    .probe = packet_socket_probe,
    .open = open_frames,
    .tx_reserve = packet_mmap_tx_reserve,
    .tx_lengths = packet_mmap_tx_lengths,
    .tx_commit = packet_mmap_tx_commit,
    .rx = rx,
    .rx_release = rx_release,
    .descriptors = packet_mmap_descriptors,
    .announce = netdev_announce,
    .stats = packet_mmap_stats,
    .close = packet_mmap_close,
};
