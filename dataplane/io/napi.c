/* SPDX-License-Identifier: Apache-2.0 */
#include "napi.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often an interrupt that found nothing stays off, and for how long at the most: the kernel polls once 200 µs have
 * passed without a poll of ours. Both are what napi.rst recommends with SO_PREFER_BUSY_POLL. */
#define DEFERRED_IRQS "2"
#define TIMEOUT_NS "200000"

/* Where a container's /sys is for reading, so is the file system behind all mounts of it in that network: until it is
 * told otherwise. The container's own mount stays as it is. */
static void make_writable(int mount)
{
    int context = (int)syscall(SYS_fspick, mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

    if (context < 0)
        return;
    if (syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "rw", NULL, 0) == 0)
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
    close(context);
}

/* Of our own network. A descriptor of its root, or -1. */
static int mount_sysfs(void)
{
    int context = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC);

    if (context < 0)
        return -1;
    int mount = syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0
                    ? (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0)
                    : -1;
    close(context);
    if (mount >= 0)
        make_writable(mount);
    return mount;
}

static int open_knob(const struct napi_deferral *deferral, const char *knob, int flags)
{
    char path[96];

    snprintf(path, sizeof(path), "class/net/%s/%s", deferral->device, knob);
    return openat(deferral->sysfs, path, flags | O_CLOEXEC);
}

static bool read_knob(const struct napi_deferral *deferral, const char *knob, char *value, size_t size)
{
    int fd = open_knob(deferral, knob, O_RDONLY);

    if (fd < 0)
        return false;
    ssize_t length = read(fd, value, size - 1);
    close(fd);
    value[length > 0 ? length : 0] = '\0';
    return length > 0;
}

static bool write_knob(const struct napi_deferral *deferral, const char *knob, const char *value)
{
    int fd = open_knob(deferral, knob, O_WRONLY);

    if (fd < 0)
        return false;
    bool written = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    close(fd);
    return written;
}

bool napi_defer(struct napi_deferral *deferral, const char *device)
{
    deferral->sysfs = mount_sysfs();
    snprintf(deferral->device, sizeof(deferral->device), "%s", device);
    if (deferral->sysfs < 0 ||
        !read_knob(deferral, "napi_defer_hard_irqs", deferral->irqs_before, sizeof(deferral->irqs_before)) ||
        !read_knob(deferral, "gro_flush_timeout", deferral->timeout_before, sizeof(deferral->timeout_before)))
        return false;
    return write_knob(deferral, "napi_defer_hard_irqs", DEFERRED_IRQS) &&
           write_knob(deferral, "gro_flush_timeout", TIMEOUT_NS);
}

void napi_restore(struct napi_deferral *deferral)
{
    if (deferral->sysfs < 0)
        return;
    if (deferral->irqs_before[0] != '\0')
        write_knob(deferral, "napi_defer_hard_irqs", deferral->irqs_before);
    if (deferral->timeout_before[0] != '\0')
        write_knob(deferral, "gro_flush_timeout", deferral->timeout_before);
    close(deferral->sysfs);
    deferral->sysfs = -1;
}
