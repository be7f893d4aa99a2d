/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one interface that hides every I/O framework from the traffic roles.
 *
 * A framework is one file in this folder that ends in its `const struct io_ops`, plus one line in registry.c.
 * Slots are lent, not taken: the framework says where the next packets are to be written (tx_reserve) or have
 * been received (rx), so an mbuf, a netmap slot, an AF_XDP frame and an iovec all fit without a copy.
 *
 * Return values: a count (0 ... n) for partial results, a negative errno for failures, whose text the framework
 * leaves in io_port.error. Nothing here prints, and nothing here exits.
 */
#ifndef VSW_IO_H
#define VSW_IO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest burst a role may ask for; frameworks size their slot arrays with it. */
#define IO_BURST_MAX 1024
/* The largest Ethernet frame, without FCS, that a slot must hold: as large as what is sold as jumbo frames, an IP
 * packet of 9000 bytes. IEEE 802.3 itself has none above IO_FRAME_USUAL. */
#define IO_FRAME_MAX 9014
#define IO_FRAME_USUAL 1514
/* The most queues that a port may have each way. */
#define IO_QUEUES_MAX 8

enum io_capability {
    /* Slots hold whole Ethernet frames; without it they hold the UDP payload and the kernel adds the headers. */
    IO_WHOLE_FRAMES = 1 << 0,
    /* A tx slot still holds what was last written to it, and its index in the array is stable: constant headers
     * need to be written once only. */
    IO_SLOTS_KEEP_CONTENT = 1 << 1,
    /* Counters of interfaces on the way, and rx_dropped, count super-packets, each of several packets. */
    IO_SUPER_PACKETS = 1 << 2,
    /* Of whole frames it receives only those to its own UDP port. */
    IO_ONE_UDP_PORT = 1 << 3,
    /* Of whole frames it receives those that have passed a kernel's switch without their outermost VLAN tag, which the
     * kernel carries beside the frame. */
    IO_LOSES_TAGS = 1 << 4,
};

/* How far apart packets of this length lie that a framework keeps one behind the other: an odd number of cache lines,
 * so that their starts spread over all sets of a cache, and more than a frame, so that one that is longer shows. */
static inline size_t io_packet_room(uint32_t frame_len)
{
    return frame_len <= IO_FRAME_USUAL ? 25 * 64 : 141 * 64;
}
_Static_assert(141 * 64 > IO_FRAME_MAX, "there is room for the largest frame");

/* One packet. `data` points at the Ethernet header or at the UDP payload (see IO_WHOLE_FRAMES). */
struct io_slot {
    uint8_t *data;
    uint32_t len;
    /* rx only: clock_ticks() of load/clock.h when the framework first saw the packet; one reading may serve a whole
     * burst. */
    uint64_t seen_ticks;
};

struct flows;
struct form;

struct io_address {
    uint8_t mac[6];
    struct in_addr ip; /* network byte order */
    struct in6_addr ip6;
    uint16_t udp_port; /* host byte order */
};

/* Which version the IP packets are of, and what stands in front of them. All zero: IPv4 without a tag. */
struct io_encapsulation {
    uint16_t vlan_first, vlan_last; /* ids of the 802.1Q tag, each in turn; 0: no tag */
    uint16_t outer_vlan;            /* id of an 802.1ad tag in front of that; 0: none */
    bool ip6;
};

/* What a role tells a framework. All of it is validated by the caller. */
struct io_config {
    const char *device; /* interface name, or whatever the framework's ports are called */
    struct io_address local, peer;
    uint32_t frame_len; /* bytes of the whole Ethernet frame without FCS, FRAME_LEN_MIN ... IO_FRAME_MAX; of a mix of
                         * sizes the largest */
    uint32_t burst;     /* 1 ... IO_BURST_MAX */
    uint32_t queues;    /* of the port each way, 1 ... what queues_max of the framework says */
    bool transmits, receives;
    bool blocks;               /* it sleeps on the descriptors while there is nothing to receive */
    bool rx_moderation;        /* it may leave a queue alone for some microseconds where that gains throughput */
    const struct flows *flows; /* of frame/flows.h: what packets differ in; NULL where they differ in nothing */
    /* Of frame/form.h: what packets look like that are sent, and that are received; NULL where traffic is plain. */
    const struct form *tx_form, *rx_form;
    struct io_encapsulation encapsulation;
    const struct flows *vlans; /* of frame/flows.h: the tags of a range, in turn; NULL where packets have the first */
};

/* Exact totals that only the framework can know. All cumulative since open. */
struct io_stats {
    uint64_t rx_dropped; /* packets that reached this port and were dropped before the application: queue full */
    uint64_t tx_errors;  /* packets the port refused for a reason other than a full queue */
};

struct io_port {
    const struct io_ops *ops;
    struct io_config config;
    void *state;      /* the framework's own */
    int announcer_fd; /* of netdev_announce; 0 until it is needed */
    /* Set by open: what the kernel granted, in bytes; 0 where the framework has no such queue. */
    uint32_t tx_queue_bytes, rx_queue_bytes;
    /* Set by open where packets can come in more ways than one, which cost unlike: a word for the one taken. */
    const char *path;
    bool rx_moderation; /* set by open: it does so (config.rx_moderation) */
    char error[256];
};

struct io_ops {
    const char *name;
    const char *title; /* what a reader of a report sees, such as "UDP sockets, sendmmsg/recvmmsg" */
    unsigned capabilities;
    /* The kinds of port that it can open, as switches call them; ends with NULL. NULL where it opens none. */
    const char *const *ports;
    /* That a process takes while its port is open, and where its frames are longer than IO_FRAME_USUAL. */
    uint64_t hugepage_bytes, jumbo_hugepage_bytes;
    /* The longest frame that it carries, without FCS; 0 is IO_FRAME_MAX. */
    uint32_t frame_max;
    /* The most queues of a port, each way; 0 is one. And what each beyond the first takes, as above. */
    unsigned queues_max;
    uint64_t queue_hugepage_bytes, jumbo_queue_hugepage_bytes;
    /* 0 when it can work on this machine, else a negative errno and one line in `why` with the mend. */
    int (*probe)(char *why, size_t why_size);
    int (*open)(struct io_port *port);
    /* Lends up to n slots to write into; each has room for `len` bytes, which is what the configured frame length
     * leaves for this framework, and no more: the next slot may follow. Slots lent and not committed are lent again. */
    int (*tx_reserve)(struct io_port *port, struct io_slot *slots, unsigned n);
    /* Takes note of the lengths that the first n of the slots lent last have been given, each up to the one that they
     * were lent with. NULL where all packets have to have the same one. */
    void (*tx_lengths)(struct io_port *port, const struct io_slot *slots, unsigned n);
    /* Sends the first n of the slots lent last, in order. Returns how many the port took; the rest is dropped by
     * the framework, and it is the caller who counts it as refused. */
    int (*tx_commit)(struct io_port *port, unsigned n);
    /* Lends up to n received packets; never waits. They stay valid until rx_release or the next rx, and
     * tx_reserve and tx_commit may be called meanwhile: an echo is copied from one slot to the other. */
    int (*rx)(struct io_port *port, struct io_slot *slots, unsigned n);
    /* What poll(2) can sleep on until a packet may be received, and until one may be sent; -1 where there is none.
     * NULL where the port can only be looked at, again and again. */
    void (*descriptors)(const struct io_port *port, int *rx_fd, int *tx_fd);
    /* Gives back all slots of the last rx. May be NULL when there is nothing to give back. */
    void (*rx_release)(struct io_port *port);
    /* Tells the switch where our MAC address is, so that nobody is measured while flooding: up to n announcements from
     * the one of index `first` on (frame/announcement.h). How many there was room for, or a negative errno. */
    int (*announce)(struct io_port *port, unsigned first, unsigned n);
    void (*stats)(struct io_port *port, struct io_stats *out);
    void (*close)(struct io_port *port);
};

/* The kinds of port of a framework that works on kernel network interfaces. */
#define IO_PORTS_NETDEV ((const char *const[]){"netdev", NULL})

/* NULL-terminated; frameworks whose library was absent at build time are in io_not_built instead. */
extern const struct io_ops *const io_registry[];

struct io_not_built {
    const char *name, *title, *needs; /* needs: the pkg-config module that was missing */
};
extern const struct io_not_built io_not_built[]; /* ends with a NULL name */

const struct io_ops *io_find(const char *name);

#endif
