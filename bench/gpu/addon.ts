import { createRequire } from 'node:module';
import { compileOptions } from '../../lib/model/compile.ts';
import { fitOptions } from '../../lib/model/fit-options.ts';
import { adam } from '../../lib/model/optimizers.ts';
import type { Native, NativeDataset, NativeModel } from '../../lib/native.ts';
import type { Device } from '../../lib/options/load.ts';

/** What fine-tunes here: ResNet-50 with ten classes. */
export const CLASSES = 10;

/**
 * The addon of a build folder. Not `native()`: on a GPU machine without a network only what the build itself
 * needs is there, and none of the packages that lib/ imports: what is taken from it here is TypeScript alone.
 */
export function loadAddon(file: string): Native {
  return createRequire(import.meta.url)(file) as Native;
}

export interface ModelChoice {
  device: Device;
  /** A TorchScript file; without one the weights are random, the same on every device. */
  weights: string | undefined;
  /** Layers whose torchvision name begins so are trained, besides the head; '*' is all of them. */
  trained: string;
}

export async function makeModel(addon: Native, choice: ModelChoice): Promise<NativeModel> {
  const model = await addon.createModel({
    architecture: 'resnet50',
    variant: 'torchvision',
    device: choice.device,
    head: [],
    seed: 1,
    initializer: 'keras',
    preprocessing: {
      height: 224,
      width: 224,
      resize: 256,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
    weights: choice.weights === undefined ? undefined : await addon.readWeights(choice.weights),
    origin: 'The weights',
    backboneOnly: true,
  });
  const dense = { kind: 'dense', name: 'predictions', units: CLASSES, activation: 'softmax' } as const;
  model.replaceHead([{ kind: 'globalAveragePooling', name: 'avg_pool' }, dense], 1, 'keras');
  const layers = [...model.layers().entries()];
  const chosen = ({ head, torchName }: { head: boolean; torchName: string }) =>
    head || choice.trained === '*' || (choice.trained !== '' && torchName.startsWith(choice.trained));
  model.setTrainable(
    layers.map(([index]) => index),
    false,
  );
  model.setTrainable(
    layers.filter(([, layer]) => chosen(layer)).map(([index]) => index),
    true,
  );
  return model;
}

export interface FitChoice {
  batchSize: number;
  epochs: number;
  precision: 'float32' | 'bfloat16';
  learningRate: number;
  shuffle: boolean;
}

/** The epochs of a training run. */
export async function trainEpochs(addon: Native, model: NativeModel, data: NativeDataset, choice: FitChoice) {
  const { batchSize, epochs, precision, learningRate, shuffle } = choice;
  const history = await model.fit(
    data,
    undefined,
    CLASSES,
    compileOptions({ optimizer: adam({ learningRate }) }, []),
    fitOptions({ batchSize, epochs, precision, shuffle, seed: 1, cache: 'off' }),
    new addon.StopFlag(),
    () => undefined,
  );
  return history.epochs;
}
