// SPDX-License-Identifier: Apache-2.0
// Names of hosts, of their interfaces and of devices, as people write them. What is like a name and is none is refused with what it may have been meant
// to be.
import { z } from 'zod';

/** A user of 32 characters, a name of 253 (RFC 1035), and what joins them. */
const HOST_NAME_MAX = 300;

const USER = '(?:[A-Za-z0-9_][\\w.-]*@)?';
/** Of a machine, `local` included; also an IPv4 address. */
const NAME = '[A-Za-z0-9][\\w.-]*';
/** Also one that ends in an address of IPv4 (RFC 4291, 2.2). */
const IPV6 = '[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?::\\d{1,3}(?:\\.\\d{1,3}){3})?';
/** The interface of a link-local address (RFC 4007), as ssh(1) takes it. */
const ZONE = '(?:%[\\w.-]{1,15})?';
/** From 1 to 65535: ssh(1) answers any other with nothing but its usage. */
const PORT = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const NAMESPACE = 'netns:[A-Za-z0-9][\\w.-]{0,63}';
const HOST = new RegExp(
  `^(?:${NAMESPACE}|${USER}(?:${NAME}|${IPV6}${ZONE})|ssh://${USER}(?:${NAME}|\\[${IPV6}\\])(?::${PORT})?)$`,
);

/** Also the names that a shell or ssh(1) would take for something else are refused here: a leading '-', spaces, quotes, ';', '$'. */
export const HostNameSchema = z
  .string()
  .regex(HOST, { error: ({ input }) => noHost(String(input)) })
  .refine((name) => name === 'local' || name.toLowerCase() !== 'local', {
    error: "may be this machine, which is 'local', or one that ssh(1) knows by this name: give 'local', or ssh://Local",
  })
  .max(HOST_NAME_MAX, `is not a host: it has more than ${HOST_NAME_MAX} characters`);

function noHost(text: string): string {
  const [, user = '', name = '', port = ''] = new RegExp(`^(${USER})(${NAME}):(\\d{1,5})$`).exec(text) ?? [];
  if (name !== '') return `is to ssh(1) a name with a ':' in it: give ssh://${user}${name}:${port} for port ${port}`;
  const [, url = '', owner = '', address = '', zone = '', rest = ''] =
    new RegExp(`^(ssh://)?(${USER})\\[(${IPV6})(${ZONE})\\](?::(\\d{1,5}))?$`).exec(text) ?? [];
  if (address !== '' && zone !== '') {
    const port = rest === '' ? '' : `, and the port in ssh(1)'s configuration`;
    return `has an address with a zone, which ssh(1) takes without brackets alone: give ${owner}${address}${zone}${port}`;
  }
  if (address !== '' && url === '') {
    return `has brackets, which ssh(1) takes in ssh:// alone: give ${owner}${address}${rest === '' ? '' : `, or ssh://${text}`}`;
  }
  return "is not a host: give 'local', 'netns:NAME', or what ssh(1) calls a destination, such as user@machine or ssh://user@machine:22";
}

/** Bytes of another name of an interface, but for its end (ALTIFNAMSIZ of linux/if.h). Its first one has 15 at most. */
const ALTERNATIVE_MAX = 127;
/** Of an interface's own name (IFNAMSIZ). */
export const INTERFACE_NAME_MAX = 15;

const INTERFACE = new RegExp(`^[A-Za-z0-9_][\\w.-]{0,${ALTERNATIVE_MAX - 1}}$`);

/** A name that the kernel accepts, or another name that an interface has beside (`ip link property`), and that no program takes for an option. */
export const InterfaceSchema = z.string().regex(INTERFACE, { error: ({ input }) => noInterface(String(input)) });

const RENAMED = "an interface of another name can be renamed ('ip link set dev OLD name NEW')";

function noInterface(text: string): string {
  const [, shown = '', other = ''] = /^([\w.-]+)@([\w.-]+)$/.exec(text) ?? [];
  if (shown !== '') return `is what ip(8) writes of ${shown}, whose other end is ${other}: give ${shown}`;
  const [, labelled = ''] = /^([\w.-]+):[\w.-]*$/.exec(text) ?? [];
  if (labelled !== '') return `is a label of addresses, or what ip(8) writes, of ${labelled}: give ${labelled}`;
  return `is not the name of an interface (letters, digits, '_', '.', '-'); ${RENAMED}`;
}

/** As sysfs has it, whether it is written with its domain or without, as lspci(8) does. */
export const PciAddressSchema = z
  .string()
  .regex(/^(?:pci[@:])?(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/i, {
    error: ({ input }) => noPciAddress(String(input)),
  })
  .transform((text) => {
    const address = text.toLowerCase().replace(/^pci[@:]/, '');
    // A domain has more than four digits where it is not the firmware's: behind VMD it begins at 10000.
    return address.split(':').length === 2 ? `0000:${address}` : address;
  });

function noPciAddress(text: string): string {
  const isWhole = /^(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]$/i.test(text);
  return isWhole
    ? `is a PCI device and not one of its functions: give ${text}.0`
    : 'is not a PCI address, such as 0000:03:00.0';
}
