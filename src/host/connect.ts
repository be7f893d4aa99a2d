// SPDX-License-Identifier: Apache-2.0
// The ways to a host that is not the local machine: ssh(1) to another one, or a network namespace that plays one. Both end at an
// agent (dataplane/agent), which is all that has to run there.
import type { HostSpec } from '../model/testbed.ts';
import { agentHost } from './agent.ts';
import { linkOf, spawnConnection } from './connection.ts';
import type { ConnectedHost, Host } from './host.ts';
import { localHost } from './local.ts';
import { connectSsh } from './ssh.ts';

/** What a host of a testbed is: this machine, a network namespace of it, or a machine behind ssh(1). */
export type HostForm = { form: 'local' } | { form: 'netns'; name: string } | { form: 'ssh'; destination: string };

export function formOf({ host }: Pick<HostSpec, 'host'>): HostForm {
  if (host === 'local') return { form: 'local' };
  return host.startsWith('netns:')
    ? { form: 'netns', name: host.slice('netns:'.length) }
    : { form: 'ssh', destination: host };
}

/** Connects to a host. `agent` is the path of the built agent. Throws HostError with the mend where it is not reached. */
export async function connectHost(spec: HostSpec, agent: string): Promise<ConnectedHost> {
  const form = formOf(spec);
  switch (form.form) {
    case 'local':
      return withoutConnection(localHost);
    case 'netns':
      return agentHost(
        spec.host,
        linkOf(spawnConnection(namespaceCommand(form.name, agent)), `network namespace ${form.name}`),
      );
    case 'ssh':
      return connectSsh(form.destination, spec.sshConfig, agent);
    default:
      return form satisfies never;
  }
}

function withoutConnection(host: Host): ConnectedHost {
  return Object.assign(Object.create(host) as Host, { close: async () => undefined });
}

/**
 * What a shell does in mounts of its own for a view of /sys that is its network namespace's (its class/net, as ip-netns(8) does), with
 * cgroups as they were, which that view would hide from LXC. All else that is mounted there is mounted on the machine, where it is to be found
 * when the agent is no more: names of network namespaces are mounts (/run/netns).
 */
export const NAMESPACE_VIEW = [
  'mount --make-private /',
  '{ ! mountpoint -q /mnt || mount --make-private /mnt; }',
  'mount --make-rprivate /sys',
  'mount -t sysfs sysfs /mnt',
  '{ [ ! -d /sys/fs/cgroup ] || mount --rbind /sys/fs/cgroup /mnt/fs/cgroup; }',
  'mount --rbind /mnt /sys',
].join(' && ');

function namespaceCommand(name: string, agent: string): string[] {
  return [
    ...['nsenter', `--net=/run/netns/${name}`, '--', 'unshare', '--mount', '--propagation', 'unchanged', '--'],
    ...['sh', '-c', `${NAMESPACE_VIEW} && exec "$0"`, agent],
  ];
}
