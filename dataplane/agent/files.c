/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MAX 65536

static void done(struct connection *c, const struct frame *request, const void *bytes, size_t length)
{
    connection_send(c, request->id, "done", bytes, length);
}

static void failed(struct connection *c, const struct frame *request, int error)
{
    connection_send(c, request->id, "failed", strerror(error), strlen(strerror(error)));
}

/* A pipe or a socket may keep us for ever, and nobody who asks for files means one; what is no file and no folder is
 * opened without waiting for its other end. */
static int open_file(const char *path, int flags)
{
    struct stat status;

    if (stat(path, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
        errno = ENXIO;
        return -1;
    }
    return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
}

static void read_file(struct connection *c, const struct frame *request)
{
    struct buffer file = {0};
    int fd = open_file(request->bytes, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : 1;

    /* Files of /proc do not tell their size. */
    while (n > 0) {
        n = read(fd, buffer_room(&file, READ_MAX), READ_MAX);
        if (n > 0)
            file.end += (size_t)n;
    }
    if (n < 0)
        failed(c, request, errno);
    else
        done(c, request, file.bytes, buffer_length(&file));
    if (fd >= 0)
        close(fd);
    buffer_free(&file);
}

static int write_all(int fd, const char *bytes, size_t length)
{
    /* At least once: a kernel knob may be given nothing. */
    do {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    } while (length > 0);
    return 0;
}

static void write_file(struct connection *c, const struct frame *request, int flags)
{
    const char *path = request->bytes;
    size_t head = strlen(path) + 1;

    if (head > request->length) {
        failed(c, request, EINVAL);
        return;
    }
    int fd = open_file(path, O_WRONLY | O_CREAT | flags);
    int error = fd < 0 ? errno : write_all(fd, path + head, request->length - head);
    /* Some file systems say only now that there was no room. */
    if (fd >= 0 && close(fd) < 0 && error == 0)
        error = errno;
    if (error != 0)
        failed(c, request, error);
    else
        done(c, request, NULL, 0);
}

static void list_folder(struct connection *c, const struct frame *request)
{
    DIR *folder = opendir(request->bytes);
    struct buffer names = {0};

    if (folder == NULL) {
        failed(c, request, errno);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            buffer_add(&names, entry->d_name, strlen(entry->d_name) + 1);
    closedir(folder);
    done(c, request, names.bytes, buffer_length(&names));
    buffer_free(&names);
}

bool files_know(const char *word)
{
    return strcmp(word, "read") == 0 || strcmp(word, "write") == 0 || strcmp(word, "append") == 0 ||
           strcmp(word, "list") == 0;
}

void files_obey(struct connection *c, const struct frame *request)
{
    if (strcmp(request->word, "read") == 0)
        read_file(c, request);
    else if (strcmp(request->word, "write") == 0)
        write_file(c, request, O_TRUNC);
    else if (strcmp(request->word, "append") == 0)
        write_file(c, request, O_APPEND);
    else
        list_folder(c, request);
}
