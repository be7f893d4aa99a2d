// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError, Help } from 'commander';
import { commands } from './commands/registry.ts';
import { ending, giveCompiledToInvoker, tell, version } from './context.ts';
import { EXIT, type ExitCode } from './errors.ts';

const program = new Command('vswbench')
  .description('Measures how virtual switches move packets between containers, and what that costs in CPU.')
  .version(version, '--version')
  .option('--store <location>', 'keep results here: a path, or postgres://USER@HOST/DATABASE')
  .hook('preAction', async (called) => {
    const { store }: { store?: string } = called.opts();
    if (store !== undefined) (await import('./store-location.ts')).useStore(store);
  })
  .addHelpText(
    'after',
    '\nExamples:\n  $ vswbench doctor\n  $ sudo vswbench run -V linux-bridge,direct -P 64,1500 --trials 6\n  $ vswbench show' +
      '\n\nExit codes: 0 done, 1 a trial or a step failed, 2 usage, 3 nothing can be measured here, or another' +
      '\nvswbench is running on the machine, 130 interrupted.',
  );

const [first, second] = withoutStore(process.argv.slice(2));
const calledName = first === 'help' ? second : first;
for (const { name, description, load } of commands) {
  const command = program.command(name).description(description);
  if (name === calledName) (await load()).declare(command);
}
program.configureHelp({
  subcommandTerm(command) {
    const usage = commands.find(({ name }) => name === command.name())?.usage;
    return usage === undefined
      ? Help.prototype.subcommandTerm.call(this, command)
      : `${command.name()} ${usage}`.trim();
  },
});
for (const command of [program, ...program.commands, ...program.commands.flatMap((parent) => parent.commands)]) {
  command.exitOverride().configureOutput({
    // One line, the suggestion included.
    outputError: (text, write) =>
      write(
        `vswbench: ${text
          .trim()
          .replace(/^error: /, '')
          .replaceAll('\n', ' ')
          .replace(/\.$/, '')}; see: ${pathOf(command)} --help\n`,
      ),
  });
}

// A reader that has gone, such as `head`, is no error of ours; a full disk is. Nobody can be told where it is standard error
// that is gone, as with the terminal of a broken connection: what is up on the host is still to be taken down.
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  tell(`vswbench: cannot write to standard output: ${error.code ?? error.message}`);
  process.exit(process.exitCode || EXIT.trialFailed);
});

giveCompiledToInvoker();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await codeOf(error);
}
// When all that was said is out, as a reader may be slow.
if (ending.atOnce) process.stdout.write('', () => process.exit());

/** The arguments without --store where it comes first, before the name of the command. */
function withoutStore([option, ...rest]: readonly string[]): readonly string[] {
  if (option === '--store') return withoutStore(rest.slice(1));
  if (option?.startsWith('--store=') === true) return withoutStore(rest);
  return option === undefined ? [] : [option, ...rest];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

async function codeOf(error: unknown): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  // It knows the errors of all rooms, and by that loads them.
  return (await import('./explain.ts')).explain(error);
}
