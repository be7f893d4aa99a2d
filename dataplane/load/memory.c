/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ /* Linux 5.14 */
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* Room for what the C library, DPDK's threads and ours do. */
#define STACK_BYTES (256 << 10)

int memory_limit_stacks(void)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error == 0)
        error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (error == 0)
        error = pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    return -error;
}

/* Without locking it. What cannot be brought in, such as a device's memory, is left as it is. */
static void populate(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];

    if (maps == NULL)
        return;
    while (fgets(line, sizeof(line), maps) != NULL) {
        uintptr_t begin, end;
        char readable, writable;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %c%c", &begin, &end, &readable, &writable) == 4 && readable == 'r')
            madvise((void *)begin, end - begin, writable == 'w' ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
    }
    fclose(maps);
}

void memory_bring_in(void)
{
    if (mlockall(MCL_CURRENT) != 0)
        populate();
}

bool memory_parse_minor_faults(const char *stat, uint64_t *faults)
{
    /* proc(5): the name, field 2, may hold anything; behind it state, five numbers, flags, and minflt as field 10. */
    const char *behind_name = strrchr(stat, ')');

    return behind_name != NULL && sscanf(behind_name, ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64, faults) == 1;
}

bool memory_minor_faults(int fd, uint64_t *faults)
{
    char stat[1024];
    ssize_t len = fd >= 0 ? pread(fd, stat, sizeof(stat) - 1, 0) : -1;

    if (len <= 0)
        return false;
    stat[len] = '\0';
    return memory_parse_minor_faults(stat, faults);
}
