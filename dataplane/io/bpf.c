/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `attr` is as large as the headers know it, and zero where nothing is said: older kernels take that, newer ones, too.
 */
static int call(enum bpf_cmd command, union bpf_attr *attr)
{
    long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

    return result < 0 ? -errno : (int)result;
}

int bpf_load(const struct bpf_program *program)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.prog_type = program->type;
    attr.expected_attach_type = program->attach_type;
    attr.insns = (uintptr_t)program->instructions;
    attr.insn_cnt = program->count;
    attr.license = (uintptr_t) "Apache-2.0";
    return call(BPF_PROG_LOAD, &attr);
}

int bpf_attach(int program_fd, int interface_index, uint32_t attach_type, uint32_t flags)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.link_create.prog_fd = (uint32_t)program_fd;
    attr.link_create.target_ifindex = (uint32_t)interface_index;
    attr.link_create.attach_type = attach_type;
    attr.link_create.flags = flags;
    return call(BPF_LINK_CREATE, &attr);
}

int bpf_load_and_attach(const struct bpf_program *program, int interface_index, uint32_t flags)
{
    int fd = bpf_load(program);

    if (fd < 0)
        return fd;
    int link = bpf_attach(fd, interface_index, program->attach_type, flags);
    close(fd);
    return link;
}

int bpf_map_create(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = entries;
    return call(BPF_MAP_CREATE, &attr);
}

static int element(enum bpf_cmd command, int map_fd, const void *key, const void *value)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)map_fd;
    attr.key = (uintptr_t)key;
    attr.value = (uintptr_t)value;
    return call(command, &attr);
}

int bpf_map_put(int map_fd, const void *key, const void *value)
{
    return element(BPF_MAP_UPDATE_ELEM, map_fd, key, value);
}

int bpf_map_get(int map_fd, const void *key, void *value)
{
    return element(BPF_MAP_LOOKUP_ELEM, map_fd, key, value);
}

void bpf_lift_memory_limit(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    setrlimit(RLIMIT_MEMLOCK, &limit);
}
