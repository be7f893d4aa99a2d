/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK's environment (EAL) and one Ethernet device of it, as `vswload --io dpdk` and `basicfwd` bring them up.
 *
 * A process keeps everything to itself: hugepages are anonymous (memfd), so nothing is left on a hugetlbfs and no two
 * processes can step on one another, whatever happens to them. They are reserved at the start, and never grow.
 */
#ifndef VSW_DPDK_EAL_H
#define VSW_DPDK_EAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "../load/cpu_list.h"
#include "io.h"

/* What one process takes, in bytes: packet buffers, rings, and the heap of DPDK itself; and where its frames are longer
 * than IO_FRAME_USUAL. */
#define DPDK_HUGEPAGE_BYTES (UINT64_C(32) << 20)
#define DPDK_JUMBO_HUGEPAGE_BYTES (UINT64_C(72) << 20)
/* The same of each queue beyond the first, both ways together. */
#define DPDK_QUEUE_HUGEPAGE_BYTES (UINT64_C(6) << 20)
#define DPDK_JUMBO_QUEUE_HUGEPAGE_BYTES (UINT64_C(20) << 20)

/* Bytes of a packet buffer, what drivers put in front of a frame included: a frame is in one, always. */
static inline uint16_t dpdk_buffer_len(uint32_t frame_len)
{
    return frame_len <= IO_FRAME_USUAL ? RTE_MBUF_DEFAULT_BUF_SIZE : RTE_PKTMBUF_HEADROOM + 9 * 1024;
}

/* Room for a map of two lcores to CPUs. */
#define DPDK_LCORES_BYTES (2 * CPU_LIST_BYTES + 16)

/* A line of text about what went wrong. */
struct dpdk_error {
    char *text;
    size_t size;
};

/*
 * Starts the EAL. lcores is EAL's map of its threads to CPUs, such as "0@2" or "0@(0-1,4),1@3", shorter than
 * DPDK_LCORES_BYTES; the calling thread becomes lcore 0. bytes of hugepages are taken, which must be free. With
 * pci_device, a PCI address, that device is the only one that is looked for; else (NULL) none is, and the PCI bus is
 * left alone. 0 or a negative errno.
 */
int dpdk_begin(const char *lcores, uint64_t bytes, const char *pci_device, struct dpdk_error *error);

/* Gives everything back, devices included. */
void dpdk_end(void);

/* Whether a device argument names a PCI device ("03:02.0", "0000:03:02.0") and not a virtual one ("net_memif0,..."). */
bool dpdk_is_pci(const char *device);

/* How a port is set up. */
struct dpdk_port_config {
    struct rte_mempool *pool; /* of the packets that it receives */
    uint16_t rx_descriptors, tx_descriptors;
    uint16_t queues;    /* each way, 1 at least */
    uint32_t frame_len; /* the largest, without FCS */
    const uint8_t *mac; /* NULL = as it is */
};

/* Makes the device of this argument known and returns its port number. The socket that it connects to may be about to
 * appear: waits up to 2 s for it. A negative errno, with a text. */
int dpdk_attach(const char *device, struct dpdk_error *error);

/* Configures a port with its queues and starts it; waits as dpdk_attach does. 0 or a negative errno, with a
 * text. */
int dpdk_start_port(uint16_t port, const struct dpdk_port_config *config, struct dpdk_error *error);

/* Whether the other end is there. */
bool dpdk_link_is_up(uint16_t port);

#endif
