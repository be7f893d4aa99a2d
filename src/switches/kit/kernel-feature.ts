// SPDX-License-Identifier: Apache-2.0
// What a kernel has, whether it is built in or a module that is loaded when it is needed.
import type { Host } from '../../host/host.ts';
import { kernelHas } from '../../host/kernel-symbols.ts';

/** A part of the kernel: its module, and a function that only it has. */
export interface KernelFeature {
  module: string;
  symbol: string;
}

/** Release of the kernel, as `uname -r` prints it. */
export async function kernelRelease(host: Host): Promise<string> {
  return (await host.read('/proc/sys/kernel/osrelease'))?.trim() ?? '';
}

/** Whether a module is built in, or there to be loaded, by the kernel's own lists. */
export async function isListed(host: Host, module: string): Promise<boolean> {
  const release = await kernelRelease(host);
  for (const list of ['modules.builtin', 'modules.dep']) {
    const text = (await host.read(`/lib/modules/${release}/${list}`)) ?? '';
    if (new RegExp(`/${module}\\.ko(\\.\\w+)?(:|$)`, 'm').test(text)) return true;
  }
  return false;
}

/** Looks only: where modules are listed, and else at the names of a kernel that has it built in, which anybody may read. */
export async function hasFeature(host: Host, { module, symbol }: KernelFeature): Promise<boolean> {
  if (await isListed(host, module)) return true;
  return (await kernelHas(host, symbol)) === true;
}
