/** What this machine has for stages. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';

export interface MachineCapacity {
  readonly cpus: number;
  readonly availableMemoryMb: number;
  readonly gpus: number;
}

export function readMachineCapacity(): MachineCapacity {
  return {
    cpus: availableParallelism(),
    availableMemoryMb: Math.floor(availableMemoryBytes() / 1e6),
    gpus: countGpus(),
  };
}

/** What can be had without swapping, within the limit of the container. */
function availableMemoryBytes(): number {
  // 0 or beyond 2^60: no limit is set.
  const limitBytes = process.constrainedMemory() ?? 0;
  const isLimited = limitBytes > 0 && limitBytes < 2 ** 60;
  return Math.min(machineMemoryBytes(), isLimited ? limitBytes : Infinity);
}

/** MemAvailable counts the page cache that would make way; what is plainly free is a poor measure on Linux. */
function machineMemoryBytes(): number {
  if (process.platform !== 'linux') return freemem();
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

function countGpus(): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
}
