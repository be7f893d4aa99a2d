/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eBPF without a compiler or a library for it: programs are tables of instructions, and what is loaded, attached or
 * made lives as long as the descriptor of it, so that nothing is left of a process that was killed.
 *
 * Instructions are those of the kernel's Documentation/bpf/standardization/instruction-set.rst. The verifier's word is
 * final: a program that reads beyond what it has checked is not loaded.
 */
#ifndef VSW_BPF_H
#define VSW_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* Registers: R1 ... R5 are arguments and lost in calls, R6 ... R9 are kept, R10 points behind the stack. */
enum bpf_register_number { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

#define INSN(opcode, dst, src, offset, value)                                                                          \
    {                                                                                                                  \
        .code = (opcode), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (value)                          \
    }
#define LOAD(size, dst, src, offset) INSN(BPF_LDX | BPF_MEM | (size), dst, src, offset, 0)
#define STORE(size, dst, offset, src) INSN(BPF_STX | BPF_MEM | (size), dst, src, offset, 0)
#define STORE_VALUE(size, dst, offset, value) INSN(BPF_ST | BPF_MEM | (size), dst, 0, offset, value)
#define ATOMIC_ADD(size, dst, offset, src) INSN(BPF_STX | BPF_ATOMIC | (size), dst, src, offset, BPF_ADD)
#define COPY(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, value) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value)
#define ADD(dst, value) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, value)
/* The descriptor of a map, which takes two instructions, and two places where skips are counted. */
#define SET_MAP(dst, fd) INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define SKIP_IF(dst, value, count) INSN(BPF_JMP | BPF_JEQ | BPF_K, dst, 0, count, value)
#define SKIP_UNLESS(dst, value, count) INSN(BPF_JMP | BPF_JNE | BPF_K, dst, 0, count, value)
#define SKIP_IF_ANY_BIT(dst, bits, count) INSN(BPF_JMP | BPF_JSET | BPF_K, dst, 0, count, bits)
#define SKIP_IF_ABOVE(dst, src, count) INSN(BPF_JMP | BPF_JGT | BPF_X, dst, src, count, 0)
#define SKIP_UNLESS_ABOVE(dst, src, count) INSN(BPF_JMP | BPF_JLE | BPF_X, dst, src, count, 0)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Of the kernel's interface since Linux 5.9 and 6.6: what a link attaches a program to. */
#define ATTACH_XDP 37
#define ATTACH_TCX_INGRESS 46
/* A flag of a tcx link: before all other programs. */
#define ATTACH_FIRST (1u << 3)

struct bpf_program {
    enum bpf_prog_type type;
    uint32_t attach_type; /* ATTACH_... */
    const struct bpf_insn *instructions;
    uint32_t count;
};

/* All of these give a descriptor, or a negative errno. */

int bpf_load(const struct bpf_program *program);
/* Attaches a program to an interface for as long as the descriptor is open. `flags` are those of the attach type, such
 * as ATTACH_FIRST or the XDP_FLAGS_... of linux/if_link.h. -EBUSY where another program is there already. */
int bpf_attach(int program_fd, int interface_index, uint32_t attach_type, uint32_t flags);
/* Loads and attaches; only the attachment is left. */
int bpf_load_and_attach(const struct bpf_program *program, int interface_index, uint32_t flags);
int bpf_map_create(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries);

/* 0, or a negative errno. */
int bpf_map_put(int map_fd, const void *key, const void *value);
int bpf_map_get(int map_fd, const void *key, void *value);

/* Maps, and the rings and frames of AF_XDP, are locked memory, which kernels before 5.11 charge to the user. */
void bpf_lift_memory_limit(void);

#endif
