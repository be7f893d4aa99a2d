/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frameworks, in the order in which they are listed. A new one is one file in this folder and one line here; if it
 * needs a library, a line in the Makefile's OPTIONAL_IO, too, which sets its HAVE_ macro to 1 or 0.
 *
 *     always(symbol)                                                built everywhere
 *     optional(HAVE_..., symbol, name, title, pkg-config module)    built where the module is installed
 */
#include "io.h"

#include <string.h>

/* clang-format off */
#define IO_FRAMEWORKS(always, optional)            \
    always(io_udp)                                 \
    always(io_udp_mmsg)                            \
    always(io_udp_gso)                             \
    always(io_uring)                               \
    always(io_raw)                                 \
    always(io_raw_mmsg)                            \
    always(io_packet_mmap)                         \
    always(io_packet_mmap_blocks)                  \
    always(io_afxdp)                               \
    always(io_afxdp_busy)                          \
    always(io_tap)                                 \
    always(io_netmap)                              \
    optional(HAVE_DPDK, io_dpdk, "dpdk", "DPDK, polling in user space", "libdpdk") \
    optional(HAVE_DPDK, io_dpdk_af_xdp, "dpdk-af-xdp", "DPDK over AF_XDP (net_af_xdp)", "libdpdk") \
    optional(HAVE_DPDK, io_dpdk_af_packet, "dpdk-af-packet", "DPDK over AF_PACKET (net_af_packet)", "libdpdk") \
    always(io_null)                                \
    always(io_loop)
/* clang-format on */

/* Calls macro_1 or macro_0, by the value of have. */
#define CHOOSE(macro, have, ...) CHOOSE_EXPANDED(macro, have, __VA_ARGS__)
#define CHOOSE_EXPANDED(macro, have, ...) macro##_##have(__VA_ARGS__)
#define NOTHING(...)

#define DECLARE(symbol) extern const struct io_ops symbol;
#define DECLARE_1(symbol, ...) DECLARE(symbol)
#define DECLARE_0(...)
#define DECLARE_OPTIONAL(have, ...) CHOOSE(DECLARE, have, __VA_ARGS__)
IO_FRAMEWORKS(DECLARE, DECLARE_OPTIONAL)

#define ENTRY(symbol) &symbol,
#define ENTRY_1(symbol, ...) ENTRY(symbol)
#define ENTRY_0(...)
#define ENTRY_OPTIONAL(have, ...) CHOOSE(ENTRY, have, __VA_ARGS__)
const struct io_ops *const io_registry[] = {IO_FRAMEWORKS(ENTRY, ENTRY_OPTIONAL) NULL};

#define MISSING_1(...)
#define MISSING_0(symbol, name, title, needs) {name, title, needs},
#define MISSING_OPTIONAL(have, ...) CHOOSE(MISSING, have, __VA_ARGS__)
const struct io_not_built io_not_built[] = {IO_FRAMEWORKS(NOTHING, MISSING_OPTIONAL){NULL, NULL, NULL}};

const struct io_ops *io_find(const char *name)
{
    for (const struct io_ops *const *io = io_registry; *io != NULL; io++) {
        if (strcmp((*io)->name, name) == 0)
            return *io;
    }
    return NULL;
}
