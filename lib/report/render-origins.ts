/** What an artifact rests on: its sources, then the stages between, in order. */
import type { Origin, Origins, OriginStage } from '../audit/trace/origins.ts';
import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { shortDigest } from '../base/digest.ts';
import { unreachable } from '../base/errors.ts';
import type { Action } from '../model/action.ts';
import type { Colors } from './colors.ts';
import { formatCount, formatMoment } from './quantities.ts';
import { alignColumns } from './table.ts';

export function renderOrigins({ artifact, sources, stages }: Origins, colors: Colors): string[] {
  const lines = [`${artifact.name}  ${colors.cyan(shortDigest(artifact.digest))}`, '', 'sources'];
  const found = alignColumns(sources.map((source) => sourceRow(source)));
  return [
    ...lines,
    ...(found.length > 0 ? found : ['  none is known']),
    '',
    'stages, each after what it reads',
    ...(stages.length > 0 ? stages.flatMap((stage) => stageLines(stage, colors)) : ['  no recorded stage made it']),
  ];
}

function sourceRow(source: Origin): string[] {
  switch (source.kind) {
    case 'published':
      return ['  published', source.name, source.digest, `of ${source.dataset}`];
    case 'generated':
      return ['  generated', `${source.generator}, seed ${source.seed}`, '', `of ${source.dataset}`];
    case 'project':
      return ['  project', `./${source.path}`, source.digest, source.isStored ? '' : 'not in the store any more'];
    case 'unknown':
      return ['  unknown', `${source.dataset} is not whole in the store`, source.digest, ''];
    default:
      return unreachable(source);
  }
}

function stageLines(stage: OriginStage, colors: Colors): string[] {
  const { instance, runId, executionId, startedAtMs, runtime, git, codeFiles, packages } = stage;
  const commit = git === null ? '' : `, git ${git.commit.slice(0, 12)}${git.isDirty ? ' with edits' : ''}`;
  const compute = runtime.compute === null ? '' : `, ${runtime.compute}`;
  const code = `${formatCount(Object.keys(codeFiles).length, 'file')} ${colors.cyan(shortDigest(stage.code))}`;
  const npm = Object.keys(packages).length === 0 ? '' : `, ${formatCount(Object.keys(packages).length, 'npm package')}`;
  const params = Object.entries(stage.params).map(([name, value]) => `${name}=${paramText(value)}`);
  return [
    `  ${colors.bold(instance)}  run ${runId}, execution ${executionId}, ${formatMoment(startedAtMs)}${commit}`,
    ...alignColumns([
      ['    program', programText(stage.program)],
      ['    code', `${code}${npm}`],
      ['    runtime', `node ${runtime.node}, ${runtime.platform} ${runtime.arch}${compute}`],
      ...(params.length > 0 ? [['    params', params.join(' ')]] : []),
      ...stage.inputs.map(({ name, artifact, from }) => ['    read', `${name}: ${from} ${shortDigest(artifact)}`]),
      ...stage.outputs.map(({ name, artifact, kind }) => ['    made', `${name}: ${kind} ${shortDigest(artifact)}`]),
    ]),
  ];
}

function programText(program: Action['program']): string {
  if ('module' in program) return program.module;
  return 'shell' in program ? program.shell : program.command.join(' ');
}

function paramText(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}
