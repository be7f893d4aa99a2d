// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { NotSetUpError } from '../host/artifacts.ts';
import { HostError } from '../host/host.ts';
import { BusyError } from '../run/journal.ts';
import { StoreError } from '../store/store.ts';
import { addClean } from './clean.ts';
import { addCompare } from './compare.ts';
import { tell, version } from './context.ts';
import { addDoctor } from './doctor.ts';
import { CliError, EXIT, mendOf } from './errors.ts';
import { addExport } from './export.ts';
import { addLab } from './lab.ts';
import { addList } from './list.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addSetup } from './setup.ts';
import { addShow } from './show.ts';

const program = new Command('vswbench')
  .description('Measures how virtual switches move packets between containers, and what that costs in CPU.')
  .version(version, '--version')
  .addHelpText(
    'after',
    '\nExamples:\n  $ vswbench doctor\n  $ sudo vswbench run -V linux-bridge,direct -P 64,1500 --trials 6\n  $ vswbench show',
  );

for (const add of [addDoctor, addSetup, addRun, addList, addShow, addReport, addCompare, addExport, addLab, addClean])
  add(program);
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

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** One line for everything that may go wrong; a stack trace only for what is a bug. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof CliError) {
    tell(`vswbench: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof NotSetUpError) {
    tell(`vswbench: ${error.message}: run 'vswbench setup'`);
    return EXIT.nothingMeasurable;
  }
  if (error instanceof StoreError || error instanceof HostError || error instanceof BusyError) {
    tell(`vswbench: ${error.message}`);
    return EXIT.trialFailed;
  }
  if (isFileError(error)) {
    tell(`vswbench: cannot ${error.syscall} ${error.path ?? ''}: ${error.code}: ${mendOf(error.code, error.syscall)}`);
    return EXIT.trialFailed;
  }
  throw error;
}

/** Of the system, about a file that the user named or owns. */
function isFileError(error: unknown): error is Error & { syscall: string; code: string; path?: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error;
}
