/** What the exit code tells a script. */
export const EXIT = {
  ok: 0,
  /** A stage failed, or the disk, the store or the network did. */
  failed: 1,
  /** The command line or the pipeline file is wrong; nothing was started. */
  usage: 2,
  /** An audit found something. */
  findings: 3,
  /** As shells report a command ended by SIGINT: 128 + 2. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
