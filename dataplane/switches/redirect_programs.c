/* SPDX-License-Identifier: Apache-2.0 */
#include "redirect_programs.h"

#include <net/ethernet.h>
#include <stddef.h>

#include "../io/bpf.h"

/* BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS of Linux 5.14. */
#define TO_ALL_OTHERS ((1u << 3) | (1u << 4))

#define COUNT(instructions) (sizeof(instructions) / sizeof((instructions)[0]))

/* Below the stack's top. */
enum { ADDRESS = -8, NUMBER = -16 };

/* The address that is so many bytes into the frame at R7, as a key of the table: 5 instructions. */
#define READ_ADDRESS(offset)                                                                                           \
    LOAD(BPF_W, R1, R7, offset), STORE(BPF_W, R10, ADDRESS, R1), LOAD(BPF_H, R1, R7, (offset) + 4),                    \
        STORE(BPF_H, R10, ADDRESS + 4, R1), STORE_VALUE(BPF_H, R10, ADDRESS + 6, 0)
/* R0 is where the value is, or 0: 5 instructions. */
#define LOOK_UP(map, key) SET_MAP(R1, map), COPY(R2, R10), ADD(R2, key), CALL(BPF_FUNC_map_lookup_elem)
/* One more of a counter of this port: 8 instructions. NUMBER is on the stack already. */
#define COUNT_ONE(map, counter)                                                                                        \
    LOOK_UP(map, NUMBER), SKIP_IF(R0, 0, 2), SET(R1, 1),                                                               \
        ATOMIC_ADD(BPF_DW, R0, offsetof(struct port_counts, counter), R1)

int load_learning_switch(const struct maps *maps, uint32_t port)
{
    const int32_t number = (int32_t)port;
    const struct bpf_insn instructions[] = {
        LOAD(BPF_W, R7, R1, offsetof(struct xdp_md, data)),
        LOAD(BPF_W, R2, R1, offsetof(struct xdp_md, data_end)),
        COPY(R3, R7),
        ADD(R3, ETHER_HDR_LEN),
        SET(R0, XDP_DROP),
        SKIP_UNLESS_ABOVE(R3, R2, 1),
        EXIT(),

        /* Where does the sender live? The table is written only where it does not know that. */
        STORE_VALUE(BPF_W, R10, NUMBER, number),
        READ_ADDRESS(ETHER_ADDR_LEN),
        LOOK_UP(maps->addresses, ADDRESS),
        SKIP_IF(R0, 0, 2),
        LOAD(BPF_W, R1, R0, 0),
        SKIP_IF(R1, number, 8),
        SET_MAP(R1, maps->addresses),
        COPY(R2, R10),
        ADD(R2, ADDRESS),
        COPY(R3, R10),
        ADD(R3, NUMBER),
        SET(R4, BPF_ANY),
        CALL(BPF_FUNC_map_update_elem),

        /* And the receiver? Groups live everywhere. */
        LOAD(BPF_B, R1, R7, 0),
        SKIP_IF_ANY_BIT(R1, 1, 5 + 5 + 3 + 5),
        READ_ADDRESS(0),
        LOOK_UP(maps->addresses, ADDRESS),
        SKIP_IF(R0, 0, 2 + 5),
        LOAD(BPF_W, R2, R0, 0),
        SKIP_IF(R2, number, 5 + 8 + 6),
        SET_MAP(R1, maps->ports),
        SET(R3, XDP_DROP),
        CALL(BPF_FUNC_redirect_map),
        EXIT(),

        COUNT_ONE(maps->counts, flooded),
        SET_MAP(R1, maps->ports),
        SET(R2, 0),
        SET(R3, TO_ALL_OTHERS),
        CALL(BPF_FUNC_redirect_map),
        EXIT(),

        COUNT_ONE(maps->counts, kept_back),
        SET(R0, XDP_DROP),
        EXIT(),
    };
    const struct bpf_program program = {BPF_PROG_TYPE_XDP, ATTACH_XDP, instructions, COUNT(instructions)};

    return bpf_load(&program);
}

int load_hand_over(const struct maps *maps, uint32_t port, int partners_interface)
{
    const struct bpf_insn instructions[] = {
        STORE_VALUE(BPF_W, R10, NUMBER, (int32_t)port),
        COUNT_ONE(maps->counts, handed_over),
        SET(R1, partners_interface),
        SET(R2, 0),
        CALL(BPF_FUNC_redirect_peer),
        EXIT(),
    };
    const struct bpf_program program = {BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS, instructions, COUNT(instructions)};

    return bpf_load(&program);
}
