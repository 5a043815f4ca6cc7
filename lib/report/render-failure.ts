/** What a failed stage leaves its user with: the fault, the program's last words, where to look, what to type. */
import type { StageFailure } from '../model/event.ts';
import type { Colors } from './colors.ts';

/** A failure's message often begins with whose it is, which stands beside it anyway. */
export function messageBeside(instance: string, message: string): string {
  return message.startsWith(`${instance} `) ? message.slice(instance.length + 1) : message;
}

export function renderFailure(instance: string, failure: StageFailure, colors: Colors): string[] {
  const places: [string, string | null][] = [
    ['log', failure.logPath],
    ['partial outputs', failure.quarantinePath],
    ['next', failure.hint === '' ? null : failure.hint],
  ];
  const [first = '', ...rest] = messageBeside(instance, failure.message).split('\n');
  return [
    `${colors.red(`error[${failure.code}]`)} ${instance}: ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...failure.logTail.map((line) => `  ${colors.dim('|')} ${line}`.trimEnd()),
    ...places.flatMap(([label, value]) => (value === null ? [] : [`  ${label}: ${value}`])),
  ];
}
