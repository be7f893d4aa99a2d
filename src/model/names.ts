// SPDX-License-Identifier: Apache-2.0
// Names that are known before anything is checked: no schema stands here, so that whoever only shows options need not load what checks values.

/** What a switch gives to a container: a kernel interface, a socket by which memory is shared, a port of netmap, a TAP device of the switch's, or a virtual function of a network card. */
export const PORT_KINDS = ['netdev', 'vhost-user', 'memif', 'netmap', 'tap', 'vf'] as const;
export type PortKind = (typeof PORT_KINDS)[number];

/** What the flows of a pair's packets differ in (dataplane/PROTOCOL.md, "Flows"). */
export const FLOW_FIELDS = ['udp-port', 'ip', 'mac', 'vlan'] as const;

/** What headers may have beside Ethernet, IPv4 and UDP: an 802.1Q tag, an 802.1ad tag in front of that, IPv6. */
export const HEADERS = ['vlan', 'qinq', 'ip6'] as const;
export type Header = (typeof HEADERS)[number];

/** The testbed of a campaign that names none: the machine on which vswbench runs. */
export const LOCAL_TESTBED = 'local';

/** Names of testbeds, and what one is not that does not match. */
export const TESTBED_NAME = {
  pattern: /^[a-z0-9][a-z0-9-]{0,31}$/,
  refusal: "is not a name of a testbed (lower-case letters, digits and '-')",
} as const;
