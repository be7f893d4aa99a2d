// SPDX-License-Identifier: Apache-2.0
// What a login shell on another machine is given to do, and what it says. Pure.

/** How the line begins that it says; a login may print whatever it likes before. */
const GREETING = 'vswbench-host';

/** Longest part of another program's message that is passed on. */
const WHY_MAX = 200;

/** What the shell found there: a machine that takes the agent as root, or what is in the way, where it has left nothing behind. */
export type Greeting =
  /** `machine` is its architecture, as uname(1) calls it. */
  | { kind: 'ready'; machine: string }
  /** No folder has room for the agent and may hold a program. */
  | { kind: 'no-folder' }
  /** `tool`, sudo or doas, does not make `user` root, and has said `why`. */
  | { kind: 'no-root'; user: string; tool: string; why: string }
  /** There is no such tool. */
  | { kind: 'no-tool'; user: string };

/**
 * Receives the agent, of so many bytes, into a folder where programs may be run, and becomes it, with the rights of root. Whether that can be
 * is tried out before, with a script under the agent's name, as sudo may go by names, and said.
 *
 * Whatever shell the user has there passes this on as it is: there is no single quote, line break or exclamation mark (the history of
 * csh) in it, and the shell itself is asked for no `exec` and no path (rbash).
 */
export function bootstrap(bytes: number): string {
  const script = [
    // The files of a login may have set anything.
    'umask 022; set +euC; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin; LC_ALL=C; export PATH LC_ALL',
    // On a line of its own, also where a login's last line has no end.
    `say() { echo; echo "${GREETING} $*"; }`,
    'refuse() { rm -rf "$t"; say "$@"; exit 1; }',
    // Shells do not come to their end where a signal ends them: nobody may listen any more when something is said.
    't=; trap "rm -rf \\"\\$t\\"" EXIT; trap "exit 1" HUP INT PIPE TERM',
    // The folder of a user's own last: it may be on a network.
    'for d in /tmp /var/tmp /dev/shm /run "$HOME"; do t=$(mktemp -d "$d/vswbench-agent.XXXXXX" 2>/dev/null) || continue',
    `{ head -c ${bytes} /dev/zero >"$t/agent" && printf "#\\041/bin/sh\\nPATH=\\$PATH:/usr/bin:/bin\\nexec id -u\\n" >"$t/agent"`,
    '} 2>/dev/null && chmod 755 "$t/agent" && "$t/agent" >/dev/null 2>&1 && break',
    'rm -rf "$t"; t=; done',
    '[ "$t" ] || refuse no-folder',
    'as=; no=; [ "$(id -u)" = 0 ] || for tool in sudo doas; do command -v $tool >/dev/null || continue',
    'if [ "$($tool -n "$t/agent" </dev/null 2>"$t/why")" = 0 ]; then as="$tool -n"; no=; break; fi',
    '[ "$no" ] || no="$tool $(tail -n 1 "$t/why")"; done',
    '[ "$(id -u)" = 0 ] || [ "$as" ] || refuse no-root "$(id -un)" "$no"',
    'rm -f "$t/why"; say ready "$(uname -m)"',
    `head -c ${bytes} >"$t/agent"`,
    // Less arrives where the connection is cut: the beginning of a program is not to be run.
    `[ $(wc -c <"$t/agent") -eq ${bytes} ] || { echo "only $(wc -c <"$t/agent") of ${bytes} bytes of the agent arrived: does ssh have StdinNull or ForkAfterAuthentication in its configuration?" >&2; exit 1; }`,
    'exec $as "$t/agent" "$t/agent" "$t"',
  ];
  return `sh -c '${script.join('; ')}'`;
}

/** What was said, in all that came from there so far; null where it is not said yet. */
export function parseGreeting(heard: string): Greeting | null {
  const lines = heard.matchAll(new RegExp(`^${GREETING} (.*)\n`, 'gm'));
  return lines.map(([, words = '']) => greetingIn(words.split(' '))).find((greeting) => greeting !== null) ?? null;
}

function greetingIn([kind, first = '', tool = '', ...why]: readonly string[]): Greeting | null {
  switch (kind) {
    case 'ready':
      return { kind, machine: first };
    case 'no-folder':
      return { kind };
    case 'no-root':
      return tool === ''
        ? { kind: 'no-tool', user: first }
        : { kind, user: first, tool, why: printable(why.join(' ')) || 'it does not say why' };
    default:
      return null;
  }
}

/** Another program's words as a part of one line. */
export function printable(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]+/gu, ' ')
    .trim()
    .slice(0, WHY_MAX);
}
