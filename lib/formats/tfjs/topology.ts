import { ThawError } from '../../errors.ts';
import { type Arranged, leaves } from '../topology/arrange.ts';
import { modelConfig } from '../topology/write.ts';

/**
 * The network as `modelTopology`: a functional model in the JSON of Keras 2, which is what `tf.loadLayersModel` takes.
 * @throws ThawError ERR_INVALID_ARGUMENT where a layer is one that TensorFlow.js has not
 */
export function topologyOf(network: Arranged): object {
  for (const layer of leaves(network)) {
    if (layer.type !== 'Conv2D' || layer.groups === 1) continue;
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `TensorFlow.js has no grouped convolutions, of which ${network.name} has some (${layer.name}): choose another format.`,
    );
  }
  const { config } = modelConfig(network, 'keras2');
  const { input_layers, output_layers, ...rest } = config;
  return {
    class_name: 'Model',
    config: { ...rest, input_layers: [input_layers], output_layers: [output_layers] },
    keras_version: '2.15.0',
    backend: 'tensorflow',
  };
}
