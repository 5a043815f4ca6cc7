/** The graph that a trace records: ONNX nodes, constants, and the types of values. */

export type ElementType = 'float32' | 'int32' | 'bool' | 'int64';
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'text'; readonly value: string };

/** Domains of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';
export const BLOCKED = 'com.microsoft.nchwc';

export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Constant {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const text = (value: string): Attribute => ({ kind: 'text', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });

/** Records nodes. Equal nodes are recorded once: the gradient code asks for the same transposes and constants again and again. */
export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly constants: Constant[] = [];
  readonly inputs: Port[] = [];
  #serial = 0;
  readonly #seen = new Map<string, readonly string[]>();
  readonly #producers = new Map<string, Node>();

  input(name: string, type: ElementType, dims: readonly number[]): string {
    this.inputs.push({ name, type, dims });
    return name;
  }

  /** Gives a value the name of an output. Not shared with an equal node: names of outputs are fixed. */
  output(name: string, value: string): void {
    this.nodes.push({ op: 'Identity', domain: '', inputs: [value], outputs: [name], attributes: {} });
  }

  constant(type: ElementType, dims: readonly number[], bytes: Uint8Array): string {
    const key = bytes.length <= 256 ? `constant ${type} ${dims} ${Buffer.from(bytes).toString('hex')}` : undefined;
    const seen = key === undefined ? undefined : this.#seen.get(key);
    if (seen !== undefined) return seen[0]!;
    const name = `c${this.#serial++}`;
    this.constants.push({ name, type, dims, bytes });
    if (key !== undefined) this.#seen.set(key, [name]);
    return name;
  }

  /** The node that makes a value; undefined for inputs and constants. */
  producer(name: string): Node | undefined {
    return this.#producers.get(name);
  }

  int64(values: readonly number[]): string {
    return this.constant('int64', [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  float32(value: number): string {
    return this.constant('float32', [], new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A constant of zeros that takes no room in the model. */
  zeros(dims: readonly number[]): string {
    return this.node('Expand', [this.float32(0), this.int64(dims)]);
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    return this.nodeWithOutputs(op, inputs, 1, attributes, domain)[0]!;
  }

  nodeWithOutputs(
    op: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly string[] {
    const key = `${domain} ${op} ${inputs.join(' ')} ${JSON.stringify(attributes)} ${outputCount}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined) return seen;
    const outputs = Array.from({ length: outputCount }, () => `t${this.#serial++}`);
    const node = { op, domain, inputs, outputs, attributes };
    this.nodes.push(node);
    for (const name of outputs) this.#producers.set(name, node);
    this.#seen.set(key, outputs);
    return outputs;
  }
}

/** The nodes and constants that the outputs need, in the order recorded. */
export function pruneGraph(graph: GraphBuilder, outputs: readonly string[]): { nodes: Node[]; constants: Constant[] } {
  const needed = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return { nodes: nodes.reverse(), constants: graph.constants.filter(({ name }) => needed.has(name)) };
}
