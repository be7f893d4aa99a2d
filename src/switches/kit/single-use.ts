// SPDX-License-Identifier: Apache-2.0
// A program that serves one trial: it is the client of the applications' sockets and does not survive them well (it keeps their
// memory, or their packets), so that each trial gets a fresh one. Worth it where that takes tenths of a second.
import { HostError, type HostProcess } from '../../host/host.ts';
import { killMarked, startMarked } from '../../host/process.ts';
import { type PortCounts, SOCKETS, type SocketPort, type SwitchContext } from '../driver.ts';
import { Dialogue, type Language } from './dialogue.ts';
import { makeSocketFolder, socketAppears } from './sockets.ts';
import { virtioUser } from './virtio.ts';

/**
 * Announcements that came into a fresh switch and have not come out at all other ports yet: each is for everybody, and before
 * traffic there is nothing else. One that waits until a receiver has its ring would be counted with the traffic.
 */
export function announcementsHeld(counters: readonly PortCounts[]): number {
  const sum = (value: (port: PortCounts) => number) => counters.reduce((total, port) => total + value(port), 0);
  const dropped = sum(({ drops }) => drops.reduce((total, { packets }) => total + packets, 0));
  return (counters.length - 1) * sum(({ inPackets }) => inPackets) - sum(({ outPackets }) => outPackets) - dropped;
}

export interface Program<Answer> {
  /** What is started for the sockets of all ports, in their order. */
  command(sockets: readonly string[]): string[];
  language(process: HostProcess): Language<Answer>;
}

export class SingleUse<Answer> {
  private readonly context: SwitchContext;
  private readonly program: Program<Answer>;
  private current: { process: HostProcess; dialogue: Dialogue<Answer> } | null = null;
  private generation = 0;

  private constructor(context: SwitchContext, program: Program<Answer>) {
    this.context = context;
    this.program = program;
  }

  /** Finds out whether the program comes up, with sockets that nobody has made yet. Throws HostError. */
  static async start<Answer>(context: SwitchContext, program: Program<Answer>): Promise<SingleUse<Answer>> {
    const started = new SingleUse(context, program);
    for (const index of context.ports.keys()) await makeSocketFolder(context.host, started.folderOf(index));
    await started.begin();
    return started;
  }

  /** The ports of the next trial: each socket in a folder of its own, under a name that was not used before. */
  nextPorts(): SocketPort[] {
    this.generation += 1;
    return this.context.ports.map((request, index) => ({
      ...request,
      kind: 'vhost-user',
      directory: this.folderOf(index),
      device: virtioUser({ name: `${SOCKETS}/${this.socketName()}`, server: true }),
    }));
  }

  /** Puts a fresh program in place of the one before, as soon as the applications have made their sockets. */
  async connect(signal: AbortSignal): Promise<void> {
    for (const socket of this.sockets()) await socketAppears(this.context.host, socket, signal);
    await this.begin();
  }

  /** Throws HostError. */
  async ask(): Promise<Answer> {
    if (this.current === null) throw new HostError('the switch is being started anew');
    return this.current.dialogue.ask();
  }

  pids(): number[] {
    return this.current === null ? [] : [this.current.process.pid];
  }

  /** One line once the present one has ended by itself. */
  ended(): string | null {
    return this.current?.dialogue.ended ?? null;
  }

  private async begin(): Promise<void> {
    const { host, undo, directory } = this.context;
    // Its end is ours: nobody is to be told of it.
    this.current = null;
    const complaint = await killMarked(host, directory);
    if (complaint !== null) throw new HostError(complaint);
    const process = await startMarked(host, undo, directory, this.program.command(this.sockets()));
    const dialogue = new Dialogue(process, this.program.language(process));
    this.current = { process, dialogue };
    await dialogue.ready;
  }

  private sockets(): string[] {
    return this.context.ports.map((_, index) => `${this.folderOf(index)}/${this.socketName()}`);
  }

  private folderOf(index: number): string {
    return `${this.context.directory}/port${index}`;
  }

  private socketName(): string {
    return `socket-${this.generation}`;
  }
}
