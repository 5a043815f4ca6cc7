/**
 * What the store saved a sweep: the executions and the time that its cells took together, beside what they would have taken had each
 * cell been computed alone, every stage before it included. Times are those of the executions as they ran. Run, in a project with a
 * sweep whose latest run is complete:
 *   npx esbuild bench/study-cost.ts --bundle --format=esm --platform=node --packages=external --outfile=dist/study-cost.mjs
 *   node dist/study-cost.mjs artifacts/lineage.db
 */
import Database from 'better-sqlite3';

const path = process.argv[2] ?? 'artifacts/lineage.db';
const database = new Database(path, { readonly: true });

interface Row {
  readonly instance: string;
  readonly stage: string;
  readonly id: number;
  readonly ms: number;
}

/** The execution on which each instance of the latest run of the study stands. */
const latest = database
  .prepare(
    `SELECT o.instance, o.stage, e.id, e.ended_at_ms - e.started_at_ms AS ms FROM outcome o JOIN execution e ON e.id = o.execution_id
     WHERE o.run_id = (SELECT max(run_id) FROM outcome WHERE stage = 'study')`,
  )
  .all() as Row[];
const byInstance = new Map(latest.map((row) => [row.instance, row]));
const STAGES = ['fetch', 'pretrain', 'perturb', 'poison', 'merge', 'retrain', 'evaluate'];

/** A cell's coordinates stand in the name of each of its stages that has any: `evaluate[variant=V7,seed=1]`. */
const rows = latest
  .filter(({ stage }) => stage === 'evaluate')
  .flatMap(({ instance }) =>
    STAGES.flatMap((stage) => {
      const found = byInstance.get(instance.replace('evaluate', stage)) ?? byInstance.get(stage);
      return found === undefined ? [] : [{ ...found, cell: instance }];
    }),
  );

const cells = new Set(rows.map(({ cell }) => cell));
const unique = new Map(rows.map((row) => [row.id, row]));
const sum = (of: Iterable<Row>): number => [...of].reduce((total, { ms }) => total + ms, 0) / 60_000;

console.log(`${cells.size} cells`);
console.log('stage        executions  without cache  minutes  without cache');
for (const stage of STAGES) {
  const once = [...unique.values()].filter((row) => row.stage === stage);
  const each = rows.filter((row) => row.stage === stage);
  console.log(
    `${stage.padEnd(12)} ${String(once.length).padStart(10)} ${String(each.length).padStart(14)} ${sum(once).toFixed(1).padStart(8)} ${sum(each).toFixed(1).padStart(14)}`,
  );
}
console.log(
  `together     ${String(unique.size).padStart(10)} ${String(rows.length).padStart(14)} ${sum(unique.values()).toFixed(1).padStart(8)} ${sum(rows).toFixed(1).padStart(14)}`,
);
