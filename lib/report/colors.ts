/** The few meanings that colour carries. Text alone says the same. */
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

export const noColors: Colors = picocolors.createColors(false);

export function makeColors(isEnabled: boolean): Colors {
  return picocolors.createColors(isEnabled);
}

/** Colours a verdict or outcome word: work done green, work due yellow, trouble red, nothing to do dim. */
export function paintVerdict(word: string, colors: Colors): string {
  switch (word) {
    case 'ran':
    case 'shared':
    case 'ok':
      return colors.green(word);
    case 'stale':
    case 'undecided':
    case 'running':
    case 'warn':
      return colors.yellow(word);
    case 'failed':
    case 'fail':
    case 'interrupted':
    case 'timed-out':
    case 'lost':
      return colors.red(word);
    default:
      return colors.dim(word);
  }
}
