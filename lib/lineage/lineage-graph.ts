/** Everything an artifact was made from, or everything made from it, through any number of steps. */
import type { Digest } from '../base/digest.ts';
import type { OutputKind } from '../model/stage.ts';
import type { Connection } from './connection.ts';

export interface LineageGraph {
  readonly root: Digest;
  /** The root and all that was reached, in the order of their digests. */
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

export interface LineageNode {
  readonly artifact: Digest;
  /** Null for an input of which only the digest was recorded. */
  readonly form: 'file' | 'directory' | null;
  readonly sizeBytes: number | null;
  readonly fileCount: number | null;
  /** Oldest first, without those that gave it back as they had read it. Empty for a file or folder of the project. */
  readonly madeBy: readonly Production[];
}

export interface Production {
  readonly executionId: number;
  readonly runId: number;
  readonly instance: string;
  readonly stage: string;
  readonly key: Digest;
  readonly output: string;
  readonly kind: OutputKind;
}

/** One execution read `from` and made `to`. */
export interface LineageEdge {
  readonly from: Digest;
  readonly to: Digest;
  readonly executionId: number;
  readonly instance: string;
  readonly input: string;
  /** The member of a fan-in, or null. */
  readonly label: string | null;
  readonly output: string;
}

/**
 * A stage that gives back what it read (a training of no steps, a filter that finds nothing) adds nothing to it: what else it read
 * did not make those bytes.
 */
export const IS_NEW = `NOT EXISTS (SELECT 1 FROM execution_input same
  WHERE same.execution_id = made.execution_id AND same.artifact = made.artifact AND same.path IS NULL)`;

// UNION, not UNION ALL: an artifact is expanded once, so that a cycle (a stage whose output equals an input further up) ends.
const ANCESTORS = `WITH RECURSIVE reached (artifact) AS (
  SELECT ?
  UNION
  SELECT read.artifact FROM reached
    JOIN execution_output made ON made.artifact = reached.artifact AND ${IS_NEW}
    JOIN execution_input read ON read.execution_id = made.execution_id
)`;

const DESCENDANTS = `WITH RECURSIVE reached (artifact) AS (
  SELECT ?
  UNION
  SELECT made.artifact FROM reached
    JOIN execution_input read ON read.artifact = reached.artifact
    JOIN execution_output made ON made.execution_id = read.execution_id AND ${IS_NEW}
)`;

const EDGE_COLUMNS = `read.artifact AS "from", made.artifact AS "to", execution.id AS executionId, execution.instance,
  read.name AS input, nullif(read.label, '') AS label, made.name AS output`;
const EDGE_ORDER = 'ORDER BY execution.id, read.name, read.label, made.name';

// CROSS JOIN fixes the order of the loops: sorted by execution.id, SQLite would else read every execution there is.
const EDGES_INTO_REACHED = `SELECT ${EDGE_COLUMNS} FROM reached
  CROSS JOIN execution_output made ON made.artifact = reached.artifact AND ${IS_NEW}
  CROSS JOIN execution_input read ON read.execution_id = made.execution_id
  CROSS JOIN execution ON execution.id = made.execution_id ${EDGE_ORDER}`;

const EDGES_OUT_OF_REACHED = `SELECT ${EDGE_COLUMNS} FROM reached
  CROSS JOIN execution_input read ON read.artifact = reached.artifact
  CROSS JOIN execution_output made ON made.execution_id = read.execution_id AND ${IS_NEW}
  CROSS JOIN execution ON execution.id = read.execution_id ${EDGE_ORDER}`;

const NODES = `SELECT reached.artifact, form, size_bytes AS sizeBytes, file_count AS fileCount FROM reached
  LEFT JOIN artifact ON artifact.digest = reached.artifact ORDER BY reached.artifact`;

const PRODUCTIONS = `SELECT reached.artifact, execution.id AS executionId, run_id AS runId, instance, stage, key,
  made.name AS output, made.kind FROM reached
  CROSS JOIN execution_output made ON made.artifact = reached.artifact AND ${IS_NEW}
  CROSS JOIN execution ON execution.id = made.execution_id ORDER BY execution.id, made.name`;

/** What `artifact` was made from; the root alone when nothing is known of it. */
export function ancestorsOf(connection: Connection, artifact: Digest): LineageGraph {
  return readGraph(connection, artifact, ANCESTORS, EDGES_INTO_REACHED);
}

/** What was made from `artifact`. */
export function descendantsOf(connection: Connection, artifact: Digest): LineageGraph {
  return readGraph(connection, artifact, DESCENDANTS, EDGES_OUT_OF_REACHED);
}

function readGraph(connection: Connection, root: Digest, reached: string, edges: string): LineageGraph {
  return connection.read(() => {
    const madeBy = new Map<Digest, Production[]>();
    for (const row of connection.all<Production & { artifact: Digest }>(`${reached} ${PRODUCTIONS}`, root)) {
      const { artifact, ...production } = row;
      const known = madeBy.get(artifact);
      if (known) known.push(production);
      else madeBy.set(artifact, [production]);
    }
    const nodes = connection
      .all<Omit<LineageNode, 'madeBy'>>(`${reached} ${NODES}`, root)
      .map((node) => ({ ...node, madeBy: madeBy.get(node.artifact) ?? [] }));
    return { root, nodes, edges: connection.all<LineageEdge>(`${reached} ${edges}`, root) };
  });
}
