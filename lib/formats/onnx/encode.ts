import { version } from '../../version.ts';
import { DATA_TYPE, encode, field, type Graph, type Port, type Tensor } from './proto.ts';

/** Of the operators that are used, the last changed in 15; readers of 17 and its format (8) are everywhere. */
const OPSET = 17;
const IR_VERSION = 8;

/** The file in pieces, in order; the tensors among them are not copied. */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>>): Uint8Array[] {
  const model = encode('ModelProto', {
    irVersion: IR_VERSION,
    producerName: 'thaw',
    producerVersion: version(),
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  const network = encode('GraphProto', {
    name: graph.name,
    node: graph.nodes,
    input: [port(graph.input)],
    output: [port(graph.output)],
  });
  return [model, ...field('ModelProto', 'graph', [network, ...graph.tensors.flatMap(initializer)])];
}

function port({ name, type, dims }: Port) {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}

function initializer({ name, dims, data }: Tensor): Uint8Array[] {
  // raw_data is little-endian, as are the processors that Node's prebuilt addons know.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const tensor = encode('TensorProto', { name, dims, dataType: DATA_TYPE.float32 });
  return field('GraphProto', 'initializer', [tensor, ...field('TensorProto', 'rawData', [bytes])]);
}
