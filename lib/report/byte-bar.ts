/** A bar for one long reading of bytes, on a terminal. */
import cliProgress from 'cli-progress';
import { formatSize } from './quantities.ts';

const BAR_WIDTH = 24;

export interface ByteBar {
  update(doneBytes: number): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

/** Redraws as it is updated: whoever reads synchronously lets no timer run. */
export function startByteBar(stream: NodeJS.WriteStream, label: string, totalBytes: number): ByteBar {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: (_options, { progress, value }) => {
        const full = Math.round(Math.min(1, Math.max(0, progress)) * BAR_WIDTH);
        const drawn = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
        return `${label}  ${drawn}  ${formatSize(value)} of ${formatSize(totalBytes)}`;
      },
      clearOnComplete: true,
      synchronousUpdate: true,
      // A reading is interrupted by ending the process, which would bring neither cursor nor line wrap back.
      hideCursor: false,
      linewrap: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(Math.max(1, totalBytes), 0);
  return { update: (doneBytes) => bar.update(doneBytes), stop: () => bar.stop() };
}
