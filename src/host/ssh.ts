// SPDX-License-Identifier: Apache-2.0
// A machine behind ssh(1): one connection, on which everything else goes. The user's own configuration and keys count, and host keys are
// checked as it says; nobody is there to answer a question.
import { readFile, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { agentHost } from './agent.ts';
import { bootstrap, type Greeting, parseGreeting } from './bootstrap.ts';
import { type Connection, endOf, linkOf, type RunAs, spawnConnection } from './connection.ts';
import { type ConnectedHost, HostError } from './host.ts';
import { accountOf, invokerOf } from './invoker.ts';
import { endlessLogin, refusal, silentLogin, whyEnded } from './ssh-mend.ts';

/** Time for a connection to be made, by way of others if need be, and for the machine there to say what it speaks. */
const CONNECT_TIMEOUT_S = 20;
/** Time for all that until the login shell has done what it does first, and says what it found. */
const GREETING_TIMEOUT_S = 45;
/** More than a login has to say before. */
const GREETING_MAX_BYTES = 1_000_000;

const OPTIONS = [
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
  ...['ServerAliveInterval=2', 'ServerAliveCountMax=2'],
  ...['ClearAllForwardings=yes', 'RequestTTY=no', 'RemoteCommand=none', 'LogLevel=ERROR'],
  // A connection that is shared already will do; ours is not for others, who would keep it when we let it go.
  'ControlMaster=no',
].flatMap((option) => ['-o', option]);

/** Connects to what ssh(1) calls a destination. Throws HostError with the mend where it is not reached, or does not take the agent. */
export async function connectSsh(
  destination: string,
  config: string | undefined,
  agent: string,
): Promise<ConnectedHost> {
  const program = await readFile(agent);
  const ssh = ['ssh', ...(config === undefined ? [] : ['-F', config])];
  const user = await userOf(config);
  const connection = spawnConnection([...ssh, ...OPTIONS, '--', destination, bootstrap(program.length)], user);
  try {
    const greeting = await greetingOf(connection, destination, byHand(ssh, destination, user));
    assertReady(greeting, destination, program.length);
  } catch (error) {
    connection.kill('SIGKILL');
    throw error;
  }
  connection.stdin.write(program);
  return agentHost(destination, linkOf(connection, destination));
}

/**
 * Whose ssh it is, with whose keys: under sudo that of who called sudo, so that a machine is reached as it is without. But root's own, where
 * the configuration that is named is root's, as the lab's is.
 */
async function userOf(config: string | undefined): Promise<RunAs> {
  // A jump host's own ssh does not know that nobody is there, and would ask in a window.
  const environment = { SSH_ASKPASS_REQUIRE: 'never' };
  const invoker = invokerOf(process.env);
  const account = invoker === null || (await isRoots(config)) ? null : accountOf(invoker.uid);
  if (invoker === null || account === null) return { environment };
  const { name, home } = account;
  return { ...invoker, environment: { ...environment, HOME: home, USER: name, LOGNAME: name } };
}

/** The command that a person gives to see the same; who is asked to give it is not root under sudo. */
function byHand(ssh: readonly string[], destination: string, { uid }: RunAs): string {
  const asRoot = uid === undefined && invokerOf(process.env) !== null;
  return [...(asRoot ? ['sudo'] : []), ...ssh, destination].join(' ');
}

async function isRoots(config: string | undefined): Promise<boolean> {
  if (config === undefined) return false;
  // One that is not there ssh tells.
  const { uid } = await stat(config).catch(() => ({ uid: 0 }));
  return uid === 0;
}

/** What uname(1) calls the architectures that Node.js names. */
const MACHINES: Partial<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  riscv64: 'riscv64',
};

function assertReady(greeting: Greeting, destination: string, bytes: number): void {
  const why = refusal(greeting, destination, bytes);
  if (why !== null) throw new HostError(why);
  if (greeting.kind === 'ready' && greeting.machine !== MACHINES[arch()]) {
    throw new HostError(
      `${destination} is a machine of type ${greeting.machine}, and this one is ${MACHINES[arch()] ?? arch()}: both have to be of one type`,
    );
  }
}

async function greetingOf(connection: Connection, destination: string, command: string): Promise<Greeting> {
  const said = Promise.withResolvers<Greeting>();
  const fail = (why: string) => said.reject(new HostError(`cannot reach ${destination} by ssh: ${why}`));
  const withoutAgent = invokerOf(process.env) !== null && process.env.SSH_AUTH_SOCK === undefined;
  let heard = '';
  const listen = (piece: Buffer) => {
    heard += piece.toString('latin1');
    const greeting = parseGreeting(heard);
    if (greeting !== null) said.resolve(greeting);
    else if (heard.length > GREETING_MAX_BYTES) fail(endlessLogin(command));
  };
  const timer = setTimeout(() => fail(silentLogin(heard, GREETING_TIMEOUT_S, command)), GREETING_TIMEOUT_S * 1000);
  connection.stdin.on('error', () => undefined);
  connection.stdout.on('data', listen);
  void endOf(connection).then((end) => fail(whyEnded({ ...end, heard, byHand: command, withoutAgent })));
  try {
    return await said.promise;
  } finally {
    clearTimeout(timer);
    connection.stdout.off('data', listen);
  }
}
