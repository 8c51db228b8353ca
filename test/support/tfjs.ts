import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { io, Tensor } from '@tensorflow/tfjs-core';

/** What `tf.loadLayersModel` takes to load from a folder: plain TensorFlow.js knows addresses only. */
export function fromFolder(folder: string): io.IOHandler {
  return {
    load: async () => {
      const model = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as io.ModelJSON;
      const { modelTopology, weightsManifest, format, generatedBy, convertedBy, userDefinedMetadata } = model;
      const shards = weightsManifest.flatMap(({ paths }) =>
        paths.map((path) => readFileSync(join(folder, path))),
      );
      const weightData = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
      let end = 0;
      for (const shard of shards) {
        weightData.set(shard, end);
        end += shard.length;
      }
      return {
        modelTopology,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: weightData.buffer,
        ...(format && { format }),
        ...(generatedBy && { generatedBy }),
        ...(convertedBy !== undefined && { convertedBy }),
        ...(userDefinedMetadata && { userDefinedMetadata }),
      };
    },
  };
}

/** What `model.save` takes to write a folder; its shards end wherever `shardBytes` wants. */
export function toFolder(folder: string, shardBytes: number): io.IOHandler {
  return {
    save: async ({ weightData, weightSpecs = [], ...model }) => {
      const bytes = new Uint8Array(weightData as ArrayBuffer);
      const paths: string[] = [];
      for (let start = 0; start < bytes.length; start += shardBytes) {
        paths.push(`group1-shard${paths.length + 1}.bin`);
        writeFileSync(join(folder, paths.at(-1) as string), bytes.subarray(start, start + shardBytes));
      }
      const json = { ...model, weightsManifest: [{ paths, weights: weightSpecs }] };
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  };
}

/** Outputs of the model in a folder for [batch, side, side, 3] values, on the plain CPU backend. */
export async function predict(
  library: typeof tf,
  folder: string,
  values: ArrayLike<number>,
  side: number,
): Promise<Float32Array> {
  const model = await library.loadLayersModel(fromFolder(folder));
  const input = library.tensor4d(Float32Array.from(values), [
    values.length / (side * side * 3),
    side,
    side,
    3,
  ]);
  const output = model.predict(input) as Tensor;
  const data = await output.data<'float32'>();
  library.dispose([input, output]);
  model.dispose();
  return data;
}
