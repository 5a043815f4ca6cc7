/** Says what went wrong, and chooses the exit code. */
import { UserError } from '../base/errors.ts';
import type { TextSink } from '../report/reporter.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { PipelineError, UsageError } from './usage-error.ts';

export async function printError(error: unknown, err: TextSink): Promise<ExitCode> {
  if (error instanceof PipelineError) {
    // Loaded only when there is something to say.
    const { formatDiagnostics } = await import('../pipeline/format-diagnostic.ts');
    err.line(formatDiagnostics(error.diagnostics).trimEnd());
    return EXIT.usage;
  }
  if (error instanceof UserError) {
    err.line(`${err.colors.red(`error[${error.code}]`)} ${error.message}`);
    if (error.hint !== undefined) err.line(`  ${error.hint}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof Error && 'syscall' in error) {
    err.line(`${err.colors.red('error[system]')} ${error.message}`);
    return EXIT.failed;
  }
  err.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
  err.line('This is a fault of Assay, not of your pipeline. Please report it, with the lines above.');
  return EXIT.failed;
}
