/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing files and listing folders. The kernel may take as long as it likes for that. */
#ifndef VSW_AGENT_FILES_H
#define VSW_AGENT_FILES_H

#include "connection.h"

/* Whether a request is about files. */
bool files_know(const char *word);

/* Does what such a request asks for, and queues the answer. */
void files_obey(struct connection *c, const struct frame *request);

#endif
