// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host.ts';

/** What a host that stands on another has of it, whatever it does with commands and files. */
export abstract class HostView {
  protected readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  get name(): string {
    return this.host.name;
  }
  get ownerPid(): number {
    return this.host.ownerPid;
  }
  get lost(): AbortSignal {
    return this.host.lost;
  }
  get epochNs(): bigint {
    return this.host.epochNs;
  }
}
