// SPDX-License-Identifier: Apache-2.0
// The ways to a host that is not the local machine: ssh(1) to another one, or a network namespace that plays one. Both end at an
// agent (dataplane/agent), which is all that has to run there.
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { execa } from 'execa';
import type { HostSpec } from '../model/testbed.ts';
import { type AgentLink, agentHost } from './agent.ts';
import { type ConnectedHost, type Host, HostError, lastLine } from './host.ts';
import { localHost } from './local.ts';

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
        link(spawnAgent(namespaceCommand(form.name, agent)), `network namespace ${form.name}`),
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

type Connection = ReturnType<typeof spawnAgent>;

function spawnAgent([file = '', ...args]: readonly string[]) {
  // In a process group of its own: the user's Ctrl-C is for us, who still have to clean up there.
  return execa(file, args, {
    ...{ encoding: 'buffer', stdin: 'pipe', buffer: { stdout: false }, reject: false, cleanup: false, detached: true },
    env: { LC_ALL: 'C' },
  } as const);
}

function link(connection: Connection, what: string): AgentLink {
  return {
    input: connection.stdin,
    output: connection.stdout,
    gone: goneOf(connection, what),
    cut: () => void connection.kill('SIGKILL'),
  };
}

async function goneOf(connection: Connection, what: string): Promise<string> {
  const result = await connection;
  const said = lastLine(Buffer.from(result.stderr).toString());
  return said || `the connection to ${what} has ended`;
}

const GREETING = 'vswbench-host';
/** Time for a name to be looked up, keys to be exchanged, and a login that is slow to greet. */
const CONNECT_TIMEOUT_S = 10;
const BOOTSTRAP_TIMEOUT_MS = 30_000;

/**
 * One connection, on which everything else goes. The user's own configuration and keys count, and host keys are checked as it says;
 * nobody is there to answer a question.
 */
async function connectSsh(destination: string, config: string | undefined, agent: string): Promise<ConnectedHost> {
  const program = await readFile(agent);
  const options = [
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    ...['ServerAliveInterval=2', 'ServerAliveCountMax=2'],
    ...['ClearAllForwardings=yes', 'RequestTTY=no', 'LogLevel=ERROR'],
  ].flatMap((option) => ['-o', option]);
  const connection = spawnAgent([
    ...['ssh', ...(config === undefined ? [] : ['-F', config]), ...options, '--', destination],
    bootstrap(program.length),
  ]);
  const machine = await greeting(connection, destination);
  if (machine !== MACHINES[arch()]) {
    connection.kill('SIGKILL');
    throw new HostError(
      `${destination} is a machine of type ${machine}, and this one is ${MACHINES[arch()] ?? arch()}: both have to be of one type`,
    );
  }
  connection.stdin.write(program);
  return agentHost(destination, link(connection, destination));
}

/** What uname(1) calls the architectures that Node.js names. */
const MACHINES: Partial<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  riscv64: 'riscv64',
};

/**
 * Receives the agent into a folder where programs may be run, and becomes it, with the rights of root. Without a quote or a line break
 * in it, so that whatever shell the user has there passes it on as it is.
 */
function bootstrap(bytes: number): string {
  const script = [
    't=',
    // The folder of a user's own last: it may be on a network.
    'for d in /tmp /var/tmp /dev/shm /run "$HOME"; do t=$(mktemp -d "$d/vswbench-agent.XXXXXX" 2>/dev/null) || continue',
    'cp /bin/true "$t/true" && "$t/true" 2>/dev/null && rm "$t/true" && break; rm -rf "$t"; t=; done',
    '[ -n "$t" ] || { echo "no folder there may hold a program" >&2; exit 1; }',
    'trap "rm -rf $t" EXIT',
    `echo "${GREETING} $(uname -m)"`,
    `head -c ${bytes} >"$t/agent"`,
    'chmod 700 "$t/agent"',
    'if [ "$(id -u)" = 0 ]; then exec "$t/agent" "$t/agent" "$t"; else exec sudo -n "$t/agent" "$t/agent" "$t"; fi',
  ];
  return `exec sh -c '${script.join('; ')}'`;
}

/** The type of the machine, which it says first. A login may print whatever it likes before. */
async function greeting(connection: Connection, destination: string): Promise<string> {
  const said = Promise.withResolvers<string>();
  const fail = (why: string) => {
    connection.kill('SIGKILL');
    said.reject(new HostError(`cannot reach ${destination} by ssh: ${why} (does 'ssh ${destination} true' work?)`));
  };
  const timer = setTimeout(() => fail(`it has not greeted in ${BOOTSTRAP_TIMEOUT_MS / 1000} s`), BOOTSTRAP_TIMEOUT_MS);
  let heard = '';
  const listen = (piece: Buffer) => {
    heard += piece.toString('latin1');
    const found = new RegExp(`^${GREETING} (\\S+)\n`, 'm').exec(heard);
    if (found !== null) said.resolve(found[1] ?? '');
  };
  connection.stdin.on('error', () => undefined);
  connection.stdout.on('data', listen);
  void goneOf(connection, destination).then(fail);
  try {
    return await said.promise;
  } finally {
    clearTimeout(timer);
    connection.stdout.off('data', listen);
  }
}
