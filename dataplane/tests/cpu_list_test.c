/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPUs: read, written, and never longer than the room for them. */
#include "../load/cpu_list.h"

#include <string.h>

#include "test.h"

static void check_written(const char *list, const char *written)
{
    char text[CPU_LIST_BYTES];
    cpu_set_t cpus;

    CHECK(cpu_list_parse(list, &cpus));
    cpu_list_format(&cpus, text);
    if (!CHECK(strcmp(text, written) == 0))
        fprintf(stderr, "  %s: %s instead of %s\n", list, text, written);
}

/* Each `period` CPUs the first `members` of them: as long a list as it may be, and the same when it is read again. */
static void check_pattern(size_t members, size_t period)
{
    struct {
        char text[CPU_LIST_BYTES];
        char behind;
    } room = {.behind = 'x'};
    cpu_set_t cpus, again;

    CPU_ZERO(&cpus);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (cpu % period < members)
            CPU_SET(cpu, &cpus);
    }
    cpu_list_format(&cpus, room.text);
    CHECK(room.behind == 'x' && memchr(room.text, '\0', sizeof(room.text)) != NULL);
    CHECK(cpu_list_parse(room.text, &again) && CPU_EQUAL(&cpus, &again));
}

int main(void)
{
    static const char *const bad[] = {"",
                                      "-",
                                      ",",
                                      "1,",
                                      ",1",
                                      "1-",
                                      "3-2",
                                      "1-2-3",
                                      "1 ,2",
                                      "+1",
                                      "0x1",
                                      "1024",
                                      "0-1024",
                                      "a",
                                      "1;2",
                                      "-1",
                                      "99999999999999999999999"};
    char text[CPU_LIST_BYTES];
    cpu_set_t cpus;

    check_written("0", "0");
    check_written("3,1,2", "1-3");
    check_written("0-3,8", "0-3,8");
    check_written("8,0,2-2", "0,2,8");
    check_written("1023", "1023");
    check_written("0-1023", "0-1023");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK(!cpu_list_parse(bad[i], &cpus)))
            fprintf(stderr, "  \"%s\"\n", bad[i]);
    }
    CPU_ZERO(&cpus);
    cpu_list_format(&cpus, text);
    CHECK(strcmp(text, "") == 0);
    for (size_t period = 1; period <= 8; period++) {
        for (size_t members = 1; members <= period; members++)
            check_pattern(members, period);
    }
    return test_end("cpu_list_test");
}
