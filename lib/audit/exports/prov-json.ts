/**
 * Everything an artifact descends from in PROV-JSON (Huynh et al., "The PROV-JSON Serialization", W3C Member Submission, 2013):
 * artifacts are entities, executions activities, Assay the agent, and an action the plan that an execution followed.
 */
import type { JsonObject } from '../../base/canonical-json.ts';
import { digestHex, type Digest } from '../../base/digest.ts';
import type { ExecutionFacts } from '../statement.ts';
import { endOf, inputDigests, inputRole, moment, type Ancestor, type Descent } from './descent.ts';
import { executionUuid, PRODUCER } from './identifiers.ts';

const PREFIXES = { sha256: 'urn:sha256:', execution: 'urn:uuid:', assay: `${PRODUCER}#` };

export function provDocument({ artifacts, executions }: Descent): JsonObject {
  const isAncestor = new Set<Digest>(artifacts.map(({ digest }) => digest));
  const generations = executions.flatMap((facts) =>
    facts.execution.outputs
      .filter(({ artifact }) => isAncestor.has(artifact))
      .map(({ name, artifact }) => ({
        'prov:entity': entityId(artifact),
        'prov:activity': activityId(facts),
        'prov:time': endOf(facts),
        'prov:role': name,
      })),
  );
  const usages = executions.flatMap((facts) =>
    facts.inputs.map((input) => ({
      'prov:activity': activityId(facts),
      'prov:entity': entityId(input.artifact),
      'prov:time': moment(facts.execution.startedAtMs),
      'prov:role': inputRole(input),
    })),
  );
  return {
    prefix: PREFIXES,
    entity: Object.fromEntries([...artifacts.map(entity), ...executions.map(plan)]),
    activity: Object.fromEntries(executions.map(activity)),
    agent: Object.fromEntries(executions.map(agent)),
    used: numbered('used', usages),
    wasGeneratedBy: numbered('generation', generations),
    wasDerivedFrom: numbered(
      'derivation',
      executions.flatMap((facts) => derivations(facts, isAncestor)),
    ),
    wasAssociatedWith: numbered(
      'association',
      executions.map((facts) => ({
        'prov:activity': activityId(facts),
        'prov:agent': agentId(facts),
        'prov:plan': planId(facts),
      })),
    ),
  };
}

/** Every output of an execution rests on every input: which byte came from which, nobody recorded. */
function derivations(facts: ExecutionFacts, isAncestor: ReadonlySet<Digest>): JsonObject[] {
  const made = facts.execution.outputs.filter(({ artifact }) => isAncestor.has(artifact));
  return made.flatMap(({ artifact }) =>
    inputDigests(facts).map((input) => ({
      'prov:generatedEntity': entityId(artifact),
      'prov:usedEntity': entityId(input),
      'prov:activity': activityId(facts),
    })),
  );
}

function entity({ digest, name, kind, sizeBytes, fileCount }: Ancestor): [string, JsonObject] {
  return [
    entityId(digest),
    {
      'prov:label': name,
      ...(kind === null ? {} : { 'prov:type': qualified(`assay:${kind}`) }),
      ...(sizeBytes === null ? {} : { 'assay:sizeBytes': sizeBytes }),
      ...(fileCount === null ? {} : { 'assay:fileCount': fileCount }),
    },
  ];
}

function plan(facts: ExecutionFacts): [string, JsonObject] {
  return [
    planId(facts),
    { 'prov:label': `action of ${facts.execution.instance}`, 'prov:type': qualified('prov:Plan') },
  ];
}

function activity(facts: ExecutionFacts): [string, JsonObject] {
  const { instance, stage, startedAtMs } = facts.execution;
  return [
    activityId(facts),
    {
      'prov:label': instance,
      'prov:startTime': moment(startedAtMs),
      'prov:endTime': endOf(facts),
      'assay:stage': stage,
      ...Object.fromEntries(facts.params.map(({ name, value }) => [`assay:param.${name}`, JSON.stringify(value)])),
    },
  ];
}

function agent(facts: ExecutionFacts): [string, JsonObject] {
  const label = `Assay ${facts.run.assayVersion}`;
  return [agentId(facts), { 'prov:label': label, 'prov:type': qualified('prov:SoftwareAgent') }];
}

function entityId(digest: Digest): string {
  return `sha256:${digestHex(digest)}`;
}

/** The key is the sha256 of the action's own bytes, which the store holds. */
function planId({ execution }: ExecutionFacts): string {
  return entityId(execution.key);
}

function activityId({ execution }: ExecutionFacts): string {
  return `execution:${executionUuid(execution)}`;
}

function agentId({ run }: ExecutionFacts): string {
  return `assay:version-${run.assayVersion}`;
}

function qualified(name: string): JsonObject {
  return { $: name, type: 'prov:QUALIFIED_NAME' };
}

/** Relations have no names of their own: `_:used1`, in the order given. */
function numbered(name: string, relations: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(relations.map((relation, index) => [`_:${name}${index + 1}`, relation]));
}
