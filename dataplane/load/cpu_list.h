/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPUs as the kernel writes them, such as "0-3,8". */
#ifndef VSW_CPU_LIST_H
#define VSW_CPU_LIST_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for any list of CPUs below CPU_SETSIZE, with its end. The longest has two neighbours out of every three: ten
 * characters for each, as "1021-1022,". */
#define CPU_LIST_BYTES ((CPU_SETSIZE / 3 + 1) * 10 + 1)

/* False, if the text is no list, or an empty one, or names a CPU from CPU_SETSIZE on. */
bool cpu_list_parse(const char *text, cpu_set_t *cpus);

/* Writes the list into CPU_LIST_BYTES. */
void cpu_list_format(const cpu_set_t *cpus, char *text);

#endif
