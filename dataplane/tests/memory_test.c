/* SPDX-License-Identifier: Apache-2.0 */
/* Page faults: read from the kernel's line as the kernel counts them. */
#include "../load/memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

#define PAGES 64

static void test_parse(void)
{
    uint64_t faults = 0;

    CHECK(memory_parse_minor_faults("71 (vswload) R 1 71 71 0 -1 4194560 1234 0 5 0 1 2", &faults));
    CHECK_EQUAL(faults, 1234);
    CHECK(memory_parse_minor_faults("7 (a) b) 9 (c) S 1 7 7 34816 7 4194304 18446744073709551615 0", &faults));
    CHECK_EQUAL(faults, UINT64_MAX);
    CHECK(!memory_parse_minor_faults("", &faults));
    CHECK(!memory_parse_minor_faults("71 (vswload) R 1 71 71 0 -1 4194560", &faults));
    CHECK(!memory_parse_minor_faults("71 vswload R 1 71 71 0 -1 4194560 1234 0", &faults));
    CHECK(!memory_minor_faults(-1, &faults));
}

static void touch_pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(memory != MAP_FAILED);
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES; i++)
        *(volatile uint8_t *)(memory + (size_t)i * page) = 1;
    munmap(memory, PAGES * page);
}

static void *touch_in_thread(void *arg)
{
    touch_pages();
    return arg;
}

/* Those of one thread, and not of others; the same that getrusage tells the thread itself. */
static void test_count(void)
{
    char path[64];
    struct rusage usage;
    uint64_t before, mine, all;
    pthread_t thread;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)gettid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(memory_minor_faults(fd, &before));
    touch_pages();
    CHECK(memory_minor_faults(fd, &mine));
    CHECK(mine - before >= PAGES);
    CHECK(pthread_create(&thread, NULL, touch_in_thread, NULL) == 0);
    pthread_join(thread, NULL);
    CHECK(memory_minor_faults(fd, &all));
    getrusage(RUSAGE_THREAD, &usage);
    CHECK((uint64_t)usage.ru_minflt >= all && (uint64_t)usage.ru_minflt - all < PAGES / 2);
    close(fd);
}

/* A thread's stack is small unless it asks for another. */
static void *stack_size(void *arg)
{
    pthread_attr_t attributes;

    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstacksize(&attributes, arg);
        pthread_attr_destroy(&attributes);
    }
    return NULL;
}

static void test_stacks(void)
{
    pthread_t thread;
    size_t bytes = 0;

    CHECK_EQUAL((uint64_t)memory_limit_stacks(), 0);
    CHECK(pthread_create(&thread, NULL, stack_size, &bytes) == 0);
    pthread_join(thread, NULL);
    CHECK(bytes > 0 && bytes <= 1 << 20);
}

int main(void)
{
    test_parse();
    test_count();
    test_stacks();
    return test_end("memory_test");
}
