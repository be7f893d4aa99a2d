// SPDX-License-Identifier: Apache-2.0
// By which name the kernel calls an interface: files of /sys and /proc know that one alone.
import { z } from 'zod';
import { INTERFACE_NAME_MAX, InterfaceSchema } from '../model/host-names.ts';
import { type Host, HostError, runOrThrow } from './host.ts';

const LinkSchema = z.array(
  z.looseObject({
    ifindex: z.int(),
    ifname: z.string(),
    /** Other names that it has beside (`ip link property`). */
    altnames: z.array(z.string()).optional(),
  }),
);
type Link = z.infer<typeof LinkSchema>[number];

/**
 * The kernel's own name of an interface that was named by it or by another name that it has; where a host has none of this name, one line on that and
 * what may have been meant. Throws HostError where its own name is one that programs could take for something else.
 */
export async function ownNameOf(host: Host, name: string): Promise<{ own: string } | { missing: string }> {
  const links = LinkSchema.parse(JSON.parse(await runOrThrow(host, ['ip', '-json', 'link', 'show'])));
  const found =
    links.find(({ ifname }) => ifname === name) ?? links.find(({ altnames }) => altnames?.includes(name) === true);
  if (found === undefined) return { missing: `host ${host.name} has no interface ${name}: ${meantBy(name, links)}` };
  const { ifname } = found;
  if (!InterfaceSchema.safeParse(ifname).success || ifname.length > INTERFACE_NAME_MAX) {
    throw new HostError(
      `interface ${name} of host ${host.name} is '${ifname}' to the kernel, which programs take for something else: rename it (ip link set dev ${name} name NEW)`,
    );
  }
  return { own: ifname };
}

function meantBy(name: string, links: readonly Link[]): string {
  const numbered = links.find(({ ifindex }) => String(ifindex) === name);
  if (numbered !== undefined) return `${name} is the number of ${numbered.ifname}; give its name`;
  const names = links.flatMap(({ ifname, altnames }) => [ifname, ...(altnames ?? [])]);
  const alike = names.find((other) => other.toLowerCase() === name.toLowerCase());
  if (alike !== undefined) return `did you mean ${alike}?`;
  return "name the testbed's uplink as 'ip link' does there";
}
