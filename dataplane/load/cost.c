/* SPDX-License-Identifier: Apache-2.0 */
#include "cost.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A counter of the calling thread on whichever CPU it runs, or -1. The first of a group has -1 for it. */
static int open_counter(uint64_t event, int group_fd)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(attr),
        .config = event,
        .disabled = group_fd < 0,
        .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
}

void cost_open(struct cost *c)
{
    *c = (struct cost){.cycles_fd = open_counter(PERF_COUNT_HW_CPU_CYCLES, -1), .instructions_fd = -1};
    if (c->cycles_fd >= 0)
        c->instructions_fd = open_counter(PERF_COUNT_HW_INSTRUCTIONS, c->cycles_fd);
}

void cost_begin(struct cost *c)
{
    if (c->instructions_fd >= 0)
        ioctl(c->cycles_fd, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void cost_end(struct cost *c)
{
    /* As read_format asks for it. */
    struct {
        uint64_t events, enabled_ns, running_ns, values[2];
    } group;

    if (c->instructions_fd >= 0) {
        ioctl(c->cycles_fd, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
        /* Counters that had to be shared with others were not there all the time: half a count is none. */
        c->known = read(c->cycles_fd, &group, sizeof(group)) == sizeof(group) && group.running_ns > 0 &&
                   group.running_ns == group.enabled_ns;
        if (c->known) {
            c->cycles = group.values[0];
            c->instructions = group.values[1];
        }
        close(c->instructions_fd);
    }
    if (c->cycles_fd >= 0)
        close(c->cycles_fd);
    c->cycles_fd = c->instructions_fd = -1;
}
