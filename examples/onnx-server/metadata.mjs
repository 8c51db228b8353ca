import protobuf from 'protobufjs';

// All of ONNX's format that is of interest here; everything else in the file is skipped. onnxruntime-node does not
// give a model's metadata.
const { root } = protobuf.parse(`
  syntax = "proto2";
  message ModelProto { repeated Entry metadata_props = 14; }
  message Entry { optional string key = 1; optional string value = 2; }
`);

/**
 * What thaw wrote into a model about itself.
 * @param {Uint8Array} model the whole file
 * @returns {{
 *   classes: string[],
 *   preprocessing: { height: number, width: number, resize: number, mean: number[], std: number[] }
 * }} pixels; mean and std of RGB values in 0..1
 */
export function readMetadata(model) {
  const { metadataProps } = root.lookupType('ModelProto').decode(model);
  const { classes, preprocessing } = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
  if (classes === undefined || preprocessing === undefined) {
    throw new Error('The model says nothing of its classes and preprocessing: thaw did not write it.');
  }
  return { classes: JSON.parse(classes), preprocessing: JSON.parse(preprocessing) };
}
