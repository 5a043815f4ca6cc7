/** Where an artifact came from and where it went, as trees. */
import type { Digest } from '../base/digest.ts';
import { shortDigest } from '../base/digest.ts';
import type { Colors } from './colors.ts';

/** An artifact in the recorded graph, with what it was made from (going up) or what was made from it (going down). */
export interface LineageNode {
  readonly digest: Digest;
  /** `merge[variant=V1].data`, or `./data/images` for a file of the project. */
  readonly name: string;
  /** The run and execution that made it; null for what no recorded execution made. */
  readonly madeBy: { readonly runId: number; readonly executionId: number } | null;
  /** Going up, as which input of what it led to; going down, as which input what led to it was read; null at the root. */
  readonly usedAs: string | null;
  /** Shown in full elsewhere in the same tree; its `next` is empty here. */
  readonly isRepeated: boolean;
  readonly next: readonly LineageNode[];
}

/** `assay lineage --json`. A direction that was not asked for is null. */
export interface LineageJson {
  readonly artifact: Digest;
  readonly name: string;
  readonly up: readonly LineageNode[] | null;
  readonly down: readonly LineageNode[] | null;
}

export function renderLineage(lineage: LineageJson, root: LineageNode, colors: Colors): string[] {
  const lines = [nodeText(root, colors)];
  if (lineage.up !== null) lines.push('', 'made from', ...renderTree(lineage.up, (role) => `${role}:`, colors));
  if (lineage.down !== null) lines.push('', 'used for', ...renderTree(lineage.down, (role) => `as ${role}:`, colors));
  return lines;
}

type Role = (usedAs: string) => string;

function renderTree(nodes: readonly LineageNode[], role: Role, colors: Colors): string[] {
  return nodes.length === 0 ? ['  no other artifact'] : renderBranches(nodes, '', role, colors);
}

function renderBranches(nodes: readonly LineageNode[], indent: string, role: Role, colors: Colors): string[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const text = nodeText(node, colors);
    const shown = node.usedAs === null ? text : `${colors.dim(role(node.usedAs))} ${text}`;
    return [
      `${indent}${isLast ? '└─ ' : '├─ '}${shown}`,
      ...renderBranches(node.next, `${indent}${isLast ? '   ' : '│  '}`, role, colors),
    ];
  });
}

function nodeText(node: LineageNode, colors: Colors): string {
  const origin = node.madeBy === null ? '' : `  run ${node.madeBy.runId}, execution ${node.madeBy.executionId}`;
  return `${node.name}  ${colors.cyan(shortDigest(node.digest))}${origin}${node.isRepeated ? '  (above)' : ''}`;
}
