/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A number below CPU_SETSIZE; moves behind it. */
static bool read_cpu(const char **at, size_t *cpu)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *cpu = strtoul(*at, &end, 10);
    *at = end;
    return errno == 0 && *cpu < CPU_SETSIZE;
}

bool cpu_list_parse(const char *text, cpu_set_t *cpus)
{
    size_t first, last;

    CPU_ZERO(cpus);
    for (;; text++) {
        if (!read_cpu(&text, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !read_cpu(&text, &last) || last < first))
            return false;
        for (; first <= last; first++)
            CPU_SET(first, cpus);
        if (*text == '\0')
            return true;
        if (*text != ',')
            return false;
    }
}

void cpu_list_format(const cpu_set_t *cpus, char *text)
{
    size_t len = 0;

    *text = '\0';
    for (size_t first = 0; first < CPU_SETSIZE; first++) {
        if (!CPU_ISSET(first, cpus))
            continue;
        size_t last = first;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
            last++;
        len += (size_t)snprintf(text + len, CPU_LIST_BYTES - len, "%s%zu", len == 0 ? "" : ",", first);
        if (last > first)
            len += (size_t)snprintf(text + len, CPU_LIST_BYTES - len, "-%zu", last);
        first = last;
    }
}
