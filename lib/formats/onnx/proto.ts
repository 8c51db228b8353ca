import protobuf from 'protobufjs';

/**
 * The part of ONNX's format that a network needs: messages and field numbers of its public specification,
 * https://github.com/onnx/onnx/blob/main/docs/IR.md and onnx/onnx.proto beside it.
 */
const { root } = protobuf.parse(`
  syntax = "proto2";

  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional string producer_version = 3;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
    repeated StringStringEntryProto metadata_props = 14;
  }
  message OperatorSetIdProto {
    optional string domain = 1;
    optional int64 version = 2;
  }
  message StringStringEntryProto {
    optional string key = 1;
    optional string value = 2;
  }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    enum AttributeType { FLOAT = 1; INT = 2; INTS = 7; }
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    repeated int64 ints = 8;
    optional AttributeType type = 20;
  }
  message TensorProto {
    enum DataType { FLOAT = 1; UINT8 = 2; }
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto {
    optional string name = 1;
    optional TypeProto type = 2;
  }
  message TypeProto {
    message Tensor {
      optional int32 elem_type = 1;
      optional TensorShapeProto shape = 2;
    }
    oneof value { Tensor tensor_type = 1; }
  }
  message TensorShapeProto {
    message Dimension {
      oneof value {
        int64 dim_value = 1;
        string dim_param = 2;
      }
    }
    repeated Dimension dim = 1;
  }
`);

/** The name of the batch's dimension. */
export const BATCH = 'batch';

/** TensorProto.DataType */
export const DATA_TYPE = { float32: 1, uint8: 2 } as const;

export interface Attribute {
  name: string;
  type: 'FLOAT' | 'INT' | 'INTS';
  f?: number;
  i?: number;
  ints?: readonly number[];
}

export interface Node {
  opType: string;
  name: string;
  input: readonly string[];
  output: readonly string[];
  attribute: readonly Attribute[];
}

export interface Tensor {
  name: string;
  dims: readonly number[];
  data: Float32Array;
}

/** A value that enters or leaves the graph: the first dimension is the batch's and has a name instead of a length. */
export interface Port {
  name: string;
  type: keyof typeof DATA_TYPE;
  dims: readonly (number | string)[];
}

export interface Graph {
  name: string;
  nodes: Node[];
  tensors: Tensor[];
  input: Port;
  output: Port;
}

/** A message of the given type, of plain fields in camelCase. */
export function encode(type: string, fields: Record<string, unknown>): Uint8Array {
  const message = root.lookupType(type);
  return message.encode(message.fromObject(fields)).finish();
}

/**
 * A field that holds a message or bytes too large to be copied: its tag and length, then the pieces of its content
 * as they are.
 */
export function field(type: string, name: string, content: readonly Uint8Array[]): Uint8Array[] {
  const { id } = root.lookupType(type).fields[name] as protobuf.Field;
  const lengthDelimited = 2;
  const start = protobuf.Writer.create().uint32((id << 3) | lengthDelimited);
  return [start.uint32(byteLength(content)).finish(), ...content];
}

export function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
