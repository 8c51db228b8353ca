import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nativeApi } from '../lib/cli/native-api.ts';
import { adam, Dataset, imageFolder, linearHead, ResNet18 } from '../lib/index.ts';
import { commandLine } from './support/command-line.ts';
import { temporaryFolder } from './support/folders.ts';
import { drawFolder } from './support/images.ts';

// The second phase of a training begins with the model of the first.
const cwd = temporaryFolder();
const photos = join(cwd, 'photos');
const small = { device: 'cpu', inputShape: [32, 32, 3] } as const;

/** A trained model whose classes are in this order, as these files. */
async function firstPhase(classes: readonly string[], files: readonly string[]) {
  const model = await ResNet18.load({ ...small, weights: null });
  model.replaceHead(linearHead(classes.length));
  model.freeze();
  model.compile({ optimizer: adam({ learningRate: 0.1 }) });
  const { train } = await imageFolder(photos);
  const order = train.classes.length === classes.length ? classes : train.classes;
  const labels = Array.from(train.labels, (label) => order.indexOf(train.classes[label] ?? ''));
  await model.fit(new Dataset({ classes, labels, source: train.source }), { epochs: 3 });
  for (const file of files) await model.save(join(cwd, file));
  const { data } = (await model.state())['fc.weight'] ?? { data: [] };
  model.dispose();
  return Array.from(data);
}

/** Trains with a rate of 0, so that the head is what it was at the beginning. */
async function secondPhase(weights: string, ...more: string[]) {
  const still = ['--learning-rate', '0', '--epochs', '1', '--validation-split', '0', '--json'];
  const outcome = await commandLine(
    ['train', '--data', 'photos', '--weights', weights, '--out', 'second', ...still, ...more],
    await nativeApi(),
    { cwd },
  );
  if (outcome.code !== 0) return { ...outcome, note: '', head: [], classes: [], events: [] };
  const model = await ResNet18.load({ device: 'cpu', weights: join(cwd, 'second', 'model.safetensors') });
  const { data } = (await model.state())['fc.weight'] ?? { data: [] };
  const note = outcome.stderr.split('\n').find((line) => line.startsWith('head:'));
  return { ...outcome, note, head: Array.from(data), classes: model.classes };
}

describe('thaw train --weights FILE', () => {
  test('keeps a head for the same classes, and follows their order', async () => {
    await drawFolder(photos, ['circle', 'square'], 6);
    const classes = ['square', 'circle'];
    const head = await firstPhase(classes, ['first.safetensors', 'first.keras', 'first.pth']);
    const model = await ResNet18.load({ device: 'cpu', weights: join(cwd, 'first.safetensors') });
    const { train } = await imageFolder(photos, { classes });
    const { accuracy } = await model.evaluate(train);

    for (const file of ['first.safetensors', 'first.keras', 'first.pth']) {
      const second = await secondPhase(file);
      expect(second.note).toContain('another order: the labels follow it');
      expect(second.classes).toEqual(classes);
      expect(second.head).toEqual(head);
      expect(second.events.at(-1)).toMatchObject({ event: 'done', accuracy });
    }
    // As PyTorch's own files are: tensors, and not a word about them.
    const described = readFileSync(join(cwd, 'first.safetensors'));
    const size = Number(described.readBigUInt64LE());
    const { __metadata__, ...tensors } = JSON.parse(described.toString('utf8', 8, 8 + size));
    expect(__metadata__).toHaveProperty('thaw');
    const header = JSON.stringify(tensors).padEnd(size);
    writeFileSync(
      join(cwd, 'plain.safetensors'),
      Buffer.concat([described.subarray(0, 8), Buffer.from(header), described.subarray(8 + size)]),
    );
    const unnamed = await secondPhase('plain.safetensors');
    expect(unnamed.note).toMatch(/a new one \(linear\), .*its 2 outputs have no names \(--head keep takes/);
    expect(unnamed.head).not.toEqual(head);
    const taken = await secondPhase('plain.safetensors', '--head', 'keep');
    expect(taken.note).toContain('taken for circle, square, in this order');
    expect(taken.head).toEqual(head);
    const anew = await secondPhase('first.safetensors', '--head', 'linear');
    expect(anew.note).toBe('head: a new one (linear), as --head says');
    expect(anew.classes).toEqual(['circle', 'square']);
    expect(anew.head).not.toEqual(head);
  });

  test('draws a new head for other classes, and refuses to keep one', async () => {
    await drawFolder(photos, ['circle', 'square'], 6);
    await firstPhase(['circle', 'square', 'star'], ['other.safetensors']);
    const anew = await secondPhase('other.safetensors');
    expect(anew.note).toContain('its classes are others (without images: star)');
    expect(anew.head).toHaveLength(2 * 512);
    const { code, stderr } = await secondPhase('other.safetensors', '--head', 'keep');
    expect(stderr).toMatch(/^thaw: --head keep cannot keep the head of .*without images: star/m);
    expect(code).toBe(2);
    const none = await secondPhase('none', '--head', 'keep', '--architecture', 'resnet18');
    expect(none.stderr).toContain('--weights none brings none');
    expect(none.code).toBe(2);
  });
});
