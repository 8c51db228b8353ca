import { native, settle } from '../native.ts';
import type { Architecture } from '../network/architecture.ts';
import { describeModel } from '../network/description.ts';
import { linearHead, namedHead } from '../network/head.ts';
import { preprocessingFor } from '../network/preprocessing.ts';

/**
 * Writes the network of a weights file as TorchScript, natively.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH, ERR_DISK_FULL, ERR_IO
 */
export async function convertWeights(from: string, to: string, architecture: Architecture): Promise<void> {
  const weights = await settle(native().readWeights(from));
  const head = linearHead(weights.shapes['fc.weight']?.[0] ?? 1000);
  const preprocessing = preprocessingFor([224, 224, 3]);
  const model = await settle(
    native().createModel({
      architecture,
      variant: 'torchvision',
      device: 'cpu',
      head: namedHead(head),
      seed: 0,
      initializer: 'keras',
      preprocessing,
      weights,
      origin: from,
      backboneOnly: false,
    }),
  );
  try {
    await settle(
      model.save(
        to,
        'torchscript',
        describeModel({ architecture, variant: 'torchvision', head, classes: [], preprocessing }),
        false,
      ),
    );
  } finally {
    model.dispose();
  }
}
