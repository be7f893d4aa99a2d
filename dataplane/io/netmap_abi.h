/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface of the netmap kernel module, version 14, as far as we use it: what its manual pages netmap(4) and
 * vale(4) and its header net/netmap.h say of memory layout and request numbers, in declarations and names of our own.
 * So nothing of netmap is needed to build; whether the module that is loaded speaks this version is asked at run time.
 */
#ifndef VSW_NETMAP_ABI_H
#define VSW_NETMAP_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#define NETMAP_DEVICE "/dev/netmap"
#define NETMAP_VERSION 14
#define NETMAP_NAME_SIZE 64

/* What a request asks for: the field `type` of its header. */
enum netmap_request_type {
    NETMAP_REGISTER = 1,    /* body: struct netmap_register */
    NETMAP_PORT_INFO = 2,   /* struct netmap_port_info */
    NETMAP_VALE_ATTACH = 3, /* struct netmap_vale_attach */
    NETMAP_VALE_DETACH = 4, /* struct netmap_vale_detach */
    NETMAP_VALE_LIST = 5,   /* struct netmap_vale_list */
};

struct netmap_request {
    uint16_t version; /* in and out */
    uint16_t type;
    uint32_t reserved;
    char name[NETMAP_NAME_SIZE]; /* of the port */
    uint64_t options;            /* address of a list; 0 = none */
    uint64_t body;               /* address of the type's own structure */
};

/* Which rings of a port are bound to the descriptor: all, those of the host's network stack excepted. */
#define NETMAP_MODE_ALL_NIC 1

struct netmap_register {
    uint64_t offset;      /* out: of struct netmap_if in the memory */
    uint64_t memory_size; /* out: bytes to map */
    uint32_t tx_slots, rx_slots;
    uint16_t tx_rings, rx_rings, host_tx_rings, host_rx_rings;
    uint16_t memory_id, ring_id;
    uint32_t mode;
    uint32_t extra_buffers;
    uint64_t flags;
};

struct netmap_port_info {
    uint64_t memory_size;
    uint32_t tx_slots, rx_slots;
    uint16_t tx_rings, rx_rings, host_tx_rings, host_rx_rings;
    uint16_t memory_id, pad[3];
};

struct netmap_vale_attach {
    struct netmap_register port;
    uint32_t port_index, pad;
};

struct netmap_vale_detach {
    uint32_t port_index, pad;
};

/* With an empty name: the first port at or after this place; both are set to where it is. */
struct netmap_vale_list {
    uint16_t switch_index, pad;
    uint32_t port_index;
};

#define NETMAP_CONTROL _IOWR('i', 151, struct netmap_request)
#define NETMAP_TX_SYNC _IO('i', 148)
#define NETMAP_RX_SYNC _IO('i', 149)

/* The memory that the module shares. All offsets in it count from where the structure that has them begins. */

struct netmap_slot {
    uint32_t buffer; /* index */
    uint16_t len;
    uint16_t flags;
    uint64_t pointer;
};

struct netmap_ring {
    int64_t buffers_offset; /* of buffer 0 */
    uint32_t slot_count;
    uint32_t buffer_size;
    uint16_t id, direction;
    uint32_t head; /* ours: the first slot that is not given to the kernel */
    uint32_t cur;  /* ours: poll(2) returns when tail has moved beyond it */
    uint32_t tail; /* the kernel's: the first slot that is not ours */
    uint32_t flags;
    struct timeval synced_at;
    uint64_t offset_mask;
    uint64_t buffer_alignment;
    _Alignas(128) uint8_t opaque[128];
    struct netmap_slot slots[];
};

struct netmap_if {
    char name[16];
    uint32_t version, flags;
    uint32_t tx_rings, rx_rings;
    uint32_t extra_buffers_head;
    uint32_t host_tx_rings, host_rx_rings;
    uint32_t spare[3];
    /* Of the rings: tx, host tx, rx, host rx. */
    int64_t ring_offsets[];
};

#define NETMAP_ASSERT_AT(type, field, at) _Static_assert(offsetof(struct type, field) == (at), #type "." #field)
#define NETMAP_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)

NETMAP_ASSERT_AT(netmap_request, name, 8);
NETMAP_ASSERT_AT(netmap_request, body, 80);
NETMAP_ASSERT_SIZE(netmap_request, 88);
NETMAP_ASSERT_AT(netmap_register, tx_rings, 24);
NETMAP_ASSERT_AT(netmap_register, mode, 36);
NETMAP_ASSERT_AT(netmap_register, flags, 48);
NETMAP_ASSERT_SIZE(netmap_register, 56);
NETMAP_ASSERT_SIZE(netmap_port_info, 32);
NETMAP_ASSERT_AT(netmap_vale_attach, port_index, 56);
NETMAP_ASSERT_SIZE(netmap_vale_attach, 64);
NETMAP_ASSERT_SIZE(netmap_vale_detach, 8);
NETMAP_ASSERT_AT(netmap_vale_list, port_index, 4);
NETMAP_ASSERT_SIZE(netmap_vale_list, 8);
NETMAP_ASSERT_SIZE(netmap_slot, 16);
NETMAP_ASSERT_AT(netmap_ring, slot_count, 8);
NETMAP_ASSERT_AT(netmap_ring, head, 20);
NETMAP_ASSERT_AT(netmap_ring, tail, 28);
NETMAP_ASSERT_AT(netmap_ring, opaque, 128);
NETMAP_ASSERT_AT(netmap_ring, slots, 256);
NETMAP_ASSERT_AT(netmap_if, tx_rings, 24);
NETMAP_ASSERT_AT(netmap_if, host_tx_rings, 36);
NETMAP_ASSERT_AT(netmap_if, ring_offsets, 56);

#endif
