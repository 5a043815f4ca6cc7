/** What every command's description is made of. */
import { InvalidArgumentError, type Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';

export type CommandBody = (session: Session) => Promise<ExitCode>;
export type Run = (body: CommandBody) => Promise<void>;

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Of an option that may be given again: all its values. */
export function collect(value: string, all?: readonly string[]): string[] {
  return [...(all ?? []), value];
}

/** The pipeline is read as these say, the same by every command. */
export function pipelineOptions(command: Command): Command {
  return command
    .option('--profile <name>', 'overlay this profile of pipeline.yaml')
    .option('--set <param=value>', 'set a param; may be given again', collect);
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
