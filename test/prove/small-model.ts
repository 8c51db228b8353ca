import { adam, type Dataset, imageArray, linearHead, type ResNet, ResNet18 } from '../../lib/index.ts';

const SIDE = 32;
const IMAGES = 4;

/** As many images as a batch has, of bytes. */
export const smallImages = {
  data: Uint8Array.from({ length: IMAGES * SIDE * SIDE * 3 }, (_, i) => (i * 37) % 256),
  shape: [IMAGES, SIDE, SIDE, 3],
} as const;

export function smallData(): Dataset {
  return imageArray(smallImages.data, {
    shape: smallImages.shape,
    labels: [0, 1, 0, 1],
    classes: ['a', 'b'],
  });
}

/** Compiled; its head alone is trained. */
export async function smallModel(): Promise<ResNet> {
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [SIDE, SIDE, 3] });
  model.freeze();
  model.replaceHead(linearHead(2));
  model.compile({ optimizer: adam() });
  return model;
}
