/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops over a packet's bytes exist once, as inline functions, and are compiled once for each set of vector
 * instructions, into functions with one of the attributes below. Which of them this CPU has is asked once, at run time.
 *
 * The base is what every CPU of the architecture has: SSE2 on x86-64, NEON on arm64. AVX-512 is left out on purpose:
 * some CPUs lower their clock for it, and what runs beside it would be measured slower than it is.
 */
#ifndef VSW_VECTOR_H
#define VSW_VECTOR_H

#include <stdbool.h>

enum vector { VECTOR_BASE, VECTOR_AVX2, VECTOR_COUNT };

#define TARGET_BASE
#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2")))
#else
#define TARGET_AVX2 /* never chosen */
#endif

static inline bool vector_is_usable(enum vector v)
{
#if defined(__x86_64__)
    return v == VECTOR_BASE || (v == VECTOR_AVX2 && __builtin_cpu_supports("avx2"));
#else
    return v == VECTOR_BASE;
#endif
}

/* The widest that this CPU has. */
static inline enum vector vector_best(void)
{
    return vector_is_usable(VECTOR_AVX2) ? VECTOR_AVX2 : VECTOR_BASE;
}

#endif
