// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Which CPU runs what in a trial. CPU numbers are the kernel's. */
export const PlacementSchema = z.strictObject({
  /** For `remote` the sinks' CPUs are those of the far host. */
  pairs: z.array(z.strictObject({ source: z.int().nonnegative(), sink: z.int().nonnegative() })),
  /** One CPU for each thread of the switch; empty for a switch inside the kernel. */
  switch: z.array(z.int().nonnegative()),
  /** Where everything else runs, the framework itself included. */
  housekeeping: z.array(z.int().nonnegative()),
  /** As `switch` and `housekeeping`, of the far host; null where there is none. */
  far: z
    .strictObject({ switch: z.array(z.int().nonnegative()), housekeeping: z.array(z.int().nonnegative()) })
    .nullable()
    .default(null),
  /** Two traffic applications or switch threads share a CPU. */
  sharedCpu: z.boolean(),
  /** No CPU is left for housekeeping alone. */
  sharedHousekeeping: z.boolean(),
  /** Threads of one host are on CPUs of several kinds, fast and slow ones. */
  unlikeCpus: z.boolean().default(false),
});
export type Placement = z.infer<typeof PlacementSchema>;
