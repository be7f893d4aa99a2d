// SPDX-License-Identifier: Apache-2.0
// VALE, the learning switch inside the netmap module. It has no thread of its own: a packet is copied from ring to ring as part
// of the sender's system call. It knows its ports within one network namespace, and so the containers share one: else ports
// opened in two of them would never meet (docs/decisions/0011-netmap.md).
import { z } from 'zod';
import { type Host, HostError, lastLine, runOrThrow } from '../host/host.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import {
  NETMAP_DEVICE,
  type NetmapPort,
  type RunningSwitch,
  type SwitchContext,
  type SwitchDriver,
  type Uplink,
} from './driver.ts';
import { type KeptNamespace, keepNamespace } from './kit/namespace.ts';
import { NETMAP_FRAMES } from './kit/netmap.ts';
import { kernelUplinkCounters, takeUplink, uplinkMissing } from './kit/uplink.ts';

/** Letters and digits only, and the prefix by which netmap knows that it is a switch. */
const SWITCH = 'valevsw';

/** The host's own network namespace, whoever opens it there. */
const OF_THE_HOST: KeptNamespace = { path: '/proc/self/ns/net', health: async () => null };

const PortsSchema = z.strictObject({ v: z.literal(1), ports: z.array(z.string()) });
const StrangersSchema = z.strictObject({ v: z.literal(1), strangers: z.array(z.string()) });

export const vale: SwitchDriver = {
  id: 'vale',
  title: 'VALE, the switch of netmap',
  ports: ['netmap'],
  locations: ['local', 'remote'],
  threads: 0,
  // Its table has 1024 places and no chains: of two addresses that have one place it knows only the later, and floods what is
  // for the other. That of the 24th pair's source is the first pair's (docs/decisions/0011-netmap.md).
  pairsMax: 23,
  // Its uplink stays with the kernel, at its own MTU.
  frameLimit: (_, location) =>
    location === 'local' ? NETMAP_FRAMES : { bytes: FRAME_BYTES_USUAL, why: 'its uplink is set up for no more' },

  async probe(host) {
    if (!(await host.list('/dev')).includes('netmap')) {
      return {
        available: false,
        missing: `the netmap module is not loaded (no ${NETMAP_DEVICE})`,
        mend: 'build it for this kernel (https://github.com/luigirizzo/netmap, LINUX/README.md), then insmod netmap.ko',
      };
    }
    const release = (await host.read('/proc/sys/kernel/osrelease'))?.trim() ?? 'unknown';
    // The module has no version; this is a checksum of its sources.
    const source = (await host.read('/sys/module/netmap/srcversion'))?.trim();
    return { available: true, version: `netmap${source === undefined ? '' : ` ${source}`}, Linux ${release}` };
  },

  async start(context) {
    const { host, ports, uplink } = context;
    // A NIC stays where it is, and the containers come to it.
    const namespace = uplink === null ? await keepNamespace(context) : OF_THE_HOST;
    const tool = new Tool(context, namespace);
    const running: RunningSwitch = {
      nextPorts: () =>
        ports.map((request): NetmapPort => {
          const device = `netmap:${SWITCH}:${request.end}${request.pair}`;
          return { ...request, kind: 'netmap', namespace: namespace.path, device };
        }),
      flags: [],
      // It counts nothing: what is missing between two applications, it dropped.
      counters: () => null,
      settled: async (stations) => {
        const cut = uplink === null ? null : await uplinkMissing(host, uplink);
        if (cut !== null) return cut;
        const [stranger] = await tool.strangers(stations.map(({ mac }) => mac));
        return stranger === undefined ? null : `VALE has not learned ${stranger}`;
      },
      threads: async () => [],
      health: namespace.health,
      // NM_BDG_HASH of netmap_bdg.h: a place for each hash, which the last address takes.
      caches: async () => [
        {
          ...{ name: 'address table', entries: 1024, of: 'macs' },
          ...{ note: 'a place for each hash', hitRatio: null, held: null },
        },
      ],
    };
    if (uplink !== null) {
      await attachUplink(context, tool, uplink);
      // The NIC's, which knows nothing of what VALE drops at its ring.
      running.uplinkCounters = () => kernelUplinkCounters(host, uplink);
      running.health = async () =>
        (await tool.ports()).includes(uplink.interface) ? null : `${uplink.interface} is no longer a port of ${SWITCH}`;
    }
    return running;
  },
};

/** The program of ours that asks the module (dataplane/switches/vale.c). */
class Tool {
  private readonly host: Host;
  private readonly path: string;
  private readonly enter: readonly string[];

  constructor({ host, programs }: SwitchContext, namespace: KeptNamespace) {
    this.host = host;
    this.path = `${programs}/vale`;
    this.enter = namespace === OF_THE_HOST ? [] : ['nsenter', `--net=${namespace.path}`];
  }

  command(what: string, ...rest: string[]): string[] {
    return [...this.enter, this.path, what, SWITCH, ...rest];
  }

  /** Throws HostError with what the program says. */
  async run(what: string, ...rest: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.host.run(this.command(what, ...rest));
    if (exitCode !== 0) throw new HostError(lastLine(stderr) || `vale ${what}: exit code ${exitCode}`);
    return stdout;
  }

  async ports(): Promise<string[]> {
    return this.parse(PortsSchema, await this.run('list')).ports;
  }

  /** Those of these addresses that the switch would flood. */
  async strangers(macs: readonly string[]): Promise<string[]> {
    return this.parse(StrangersSchema, await this.run('strangers', ...macs)).strangers;
  }

  private parse<T>(schema: z.ZodType<T>, text: string): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
      throw new HostError(`${this.path} does not speak the protocol of this checkout: run 'vswbench setup'`);
    }
  }
}

/** The NIC receives what is for the containers, whose addresses are not its own. Its host's network stack is cut off. */
async function attachUplink({ host, undo }: SwitchContext, tool: Tool, uplink: Uplink): Promise<void> {
  const [port] = await tool.ports();
  if (port !== undefined) throw new HostError(`switch ${SWITCH} exists already (port ${port}): run 'vswbench clean'`);
  await takeUplink(host, undo, uplink, FRAME_BYTES_USUAL);
  const name = uplink.interface;
  if (!(await isPromiscuous(host, name))) {
    await undo.push({ kind: 'run', command: promiscuous(name, 'off') });
    await runOrThrow(host, promiscuous(name, 'on'));
  }
  await undo.push({ kind: 'run', command: tool.command('detach', name) });
  await tool.run('attach', name);
}

function promiscuous(name: string, state: 'on' | 'off'): string[] {
  return ['ip', 'link', 'set', 'dev', name, 'promisc', state];
}

/** IFF_PROMISC of linux/if.h. */
const PROMISCUOUS = 0x100;

async function isPromiscuous(host: Host, name: string): Promise<boolean> {
  const flags = await host.read(`/sys/class/net/${name}/flags`);
  if (flags === null) throw new HostError(`there is no interface ${name}: name the uplink as 'ip link' lists it`);
  return (Number(flags) & PROMISCUOUS) !== 0;
}
