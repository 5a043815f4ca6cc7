/** Encodes a graph as an ONNX ModelProto. Field numbers: onnx.proto of ONNX 1.12 (IR 8, opset 17). */
import protobuf from 'protobufjs/minimal.js';
import { BLOCKED, MICROSOFT, type Attribute, type Constant, type ElementType, type Node, type Port } from './graph.ts';

const { Writer } = protobuf;
type Writer = protobuf.Writer;

const IR_VERSION = 8;
const OPSET_VERSION = 17;
const MICROSOFT_OPSET_VERSION = 1;
const DATA_TYPE: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const ATTRIBUTE_TYPE = { int: 2, text: 3, ints: 7 } as const;

// Wire types of protocol buffers.
const VARINT = 0;
const BYTES = 2;

export interface Model {
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export function encodeModel(model: Model): Uint8Array {
  const writer = Writer.create();
  integer(writer, 1, IR_VERSION);
  message(writer, 7, (graph) => {
    for (const node of model.nodes) message(graph, 1, (w) => writeNode(w, node));
    text(graph, 2, 'assay');
    for (const constant of model.constants) message(graph, 5, (w) => writeTensor(w, constant));
    for (const port of model.inputs) message(graph, 11, (w) => writePort(w, port));
    for (const port of model.outputs) message(graph, 12, (w) => writePort(w, port));
  });
  message(writer, 8, (w) => integer(w, 2, OPSET_VERSION));
  for (const domain of [MICROSOFT, BLOCKED]) {
    message(writer, 8, (w) => {
      text(w, 1, domain);
      integer(w, 2, MICROSOFT_OPSET_VERSION);
    });
  }
  return writer.finish();
}

function writeNode(w: Writer, node: Node): void {
  for (const name of node.inputs) text(w, 1, name);
  for (const name of node.outputs) text(w, 2, name);
  text(w, 3, node.outputs[0]!);
  text(w, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes))
    message(w, 5, (a) => writeAttribute(a, name, attribute));
  text(w, 7, node.domain);
}

function writeAttribute(w: Writer, name: string, attribute: Attribute): void {
  text(w, 1, name);
  switch (attribute.kind) {
    case 'int':
      integer(w, 3, attribute.value);
      break;
    case 'text':
      text(w, 4, attribute.value);
      break;
    case 'ints':
      for (const value of attribute.value) integer(w, 8, value);
      break;
  }
  integer(w, 20, ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(w: Writer, constant: Constant): void {
  for (const dim of constant.dims) integer(w, 1, dim);
  integer(w, 2, DATA_TYPE[constant.type]);
  text(w, 8, constant.name);
  w.uint32((9 << 3) | BYTES).bytes(constant.bytes);
}

function writePort(w: Writer, port: Port): void {
  text(w, 1, port.name);
  message(w, 2, (type) =>
    message(type, 1, (tensor) => {
      integer(tensor, 1, DATA_TYPE[port.type]);
      message(tensor, 2, (shape) => {
        for (const dim of port.dims) message(shape, 1, (d) => integer(d, 1, dim));
      });
    }),
  );
}

function message(w: Writer, field: number, write: (w: Writer) => void): void {
  w.uint32((field << 3) | BYTES).fork();
  write(w);
  w.ldelim();
}

function text(w: Writer, field: number, value: string): void {
  w.uint32((field << 3) | BYTES).string(value);
}

function integer(w: Writer, field: number, value: number): void {
  w.uint32((field << 3) | VARINT).int64(value);
}
