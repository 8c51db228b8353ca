/**
 * What must not compile. Nothing here is run: `tsc --noEmit` fails where a line below an `@ts-expect-error` is right
 * after all.
 */
import {
  adam,
  adamw,
  batchNormalization,
  constant,
  cosine,
  type Dataset,
  dense,
  dropout,
  type ErrorCode,
  flatten,
  globalAveragePooling,
  type HeadLayer,
  loadResNet,
  type Optimizer,
  ResNet50,
  type Schedule,
  sgd,
  step,
  type ThawError,
} from '../../lib/index.ts';

export async function refused(train: Dataset, error: ThawError) {
  // @ts-expect-error: no such network
  await loadResNet('resnet51');
  // @ts-expect-error: no such device
  await ResNet50.load({ device: 'gpu' });
  // @ts-expect-error: a number is wanted after the colon
  await ResNet50.load({ device: 'cuda:first' });
  // @ts-expect-error: misspelt
  await ResNet50.load({ wieghts: null });
  // @ts-expect-error: three sizes
  await ResNet50.load({ inputShape: [224, 224] });
  // @ts-expect-error: no such way
  await ResNet50.load({ initializer: 'he' });
  const model = await ResNet50.load({ device: 'cuda:1', weights: null });

  // @ts-expect-error: how many units
  dense();
  // @ts-expect-error: no such activation
  dense(3, { activation: 'gelu' });
  // @ts-expect-error: what share
  dropout();
  // @ts-expect-error: of a dense layer
  dropout(0.5, { units: 3 });
  // @ts-expect-error: of a dense layer
  batchNormalization({ units: 3 });
  // @ts-expect-error: it has no units
  const dropped: HeadLayer = { kind: 'dropout', rate: 0.5, units: 3 };
  // @ts-expect-error: it has units
  const bare: HeadLayer = { kind: 'dense', activation: 'relu' };
  // @ts-expect-error: no such layer
  const unknown: HeadLayer = { kind: 'lambda' };
  model.replaceHead([dropped, bare, unknown, flatten(), globalAveragePooling()]);
  // @ts-expect-error: a list
  model.replaceHead(flatten());
  // @ts-expect-error: only a dense layer has units
  ((layer: HeadLayer) => layer.units)(flatten());

  // @ts-expect-error: every how many epochs
  step({});
  // @ts-expect-error: every how many epochs
  step();
  // @ts-expect-error: of step
  cosine({ every: 3 });
  // @ts-expect-error: of cosine
  constant({ minimum: 0.1 });
  // @ts-expect-error: of step
  const schedule: Schedule = { kind: 'cosine', minimum: 0, warmupEpochs: 0, every: 2 };

  // @ts-expect-error: of sgd
  adam({ momentum: 0.9 });
  // @ts-expect-error: of adam
  adamw({ epsilonHat: true });
  // @ts-expect-error: of adam
  sgd({ beta1: 0.9 });
  // @ts-expect-error: misspelt
  adam({ learningrate: 0.1 });
  // @ts-expect-error: no such optimizer
  const optimizer: Optimizer = { kind: 'lion', learningRate: 0.1, weightDecay: 0 };

  model.compile({ optimizer, schedule });
  // @ts-expect-error: no such loss
  model.compile({ loss: 'meanSquaredError' });
  // @ts-expect-error: no such metric
  model.compile({ metrics: ['auc'] });
  model.compile({ optimizer: 'adam', loss: 'categorical_crossentropy', metrics: ['acc'] });
  // @ts-expect-error: no such optimizer
  model.compile({ optimizer: 'rmsprop' });
  // @ts-expect-error: which layers
  model.compile({ groups: [{ learningRate: 0.1 }] });

  // @ts-expect-error: no such augmentation
  await model.fit(train, { augment: 'mixup' });
  // @ts-expect-error: no such kernels
  await model.fit(train, { kernels: 'fast' });
  // @ts-expect-error: where to
  await model.fit(train, { checkpoint: { resume: true } });
  // @ts-expect-error: nothing of that name is watched
  await model.fit(train, { earlyStopping: { monitor: 'f1' } });
  // @ts-expect-error: no such callback
  await model.fit(train, { callbacks: { onEpochStart: () => undefined } });
  // @ts-expect-error: only training looks for a batch size
  await model.evaluate(train, { batchSize: 'auto' });
  // @ts-expect-error: of training
  await model.predict(['a.jpg'], { epochs: 3 });
  // @ts-expect-error: no such precision
  await model.predict(['a.jpg'], { precision: 'float16' });
  // @ts-expect-error: no such input
  await model.save('a.onnx', { onnxInput: 'int8' });

  // @ts-expect-error: no such code
  if (error.code === 'ERR_NO_SUCH_CODE') return;
  // @ts-expect-error: no such code
  const code: ErrorCode = 'ERR_NO_SUCH_CODE';
  // @ts-expect-error: no such network
  if (model.architecture === 'resnet51') return;
  return code;
}

export async function accepted(train: Dataset, given: { epochs?: number | undefined }) {
  const model = await loadResNet('resnet18', { device: 'cuda', inputShape: [64, 64, 3] });
  model.replaceHead([flatten(), dense(8, { activation: 'relu' }), dropout(0.5), dense(2)], {
    classes: ['a', 'b'],
  });
  model.compile({
    optimizer: sgd({ momentum: 0.9, nesterov: true }),
    schedule: step({ every: 3 }),
    metrics: ['accuracy', 'top5'],
    groups: [{ layers: 'layer4', learningRate: 0.1 }],
  });
  await model.fit(train, {
    ...given,
    batchSize: 'auto',
    kernels: 'fused',
    cache: { mode: 'disk', directory: 'd' },
    classWeight: { a: 2 },
    earlyStopping: {},
    callbacks: { onEpochEnd: (epoch, { loss }) => epoch + loss },
  });
  await model.predict(['a.jpg'], { topK: 1, kernels: 'plain' });
}
