import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { Random } from '../../lib/demo/random.ts';
import { writeTfjs } from '../../lib/formats/tfjs/write.ts';
import { linearHead } from '../../lib/network/head.ts';
import { chromium, openPage } from '../support/chromium.ts';
import { largestDifference } from '../support/difference.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { listen } from '../support/file-server.ts';
import { temporaryFolder } from '../support/folders.ts';
import { predict } from '../support/tfjs.ts';

tf.enableProdMode();

const library = createRequire(import.meta.url).resolve('@tensorflow/tfjs/dist/tf.min.js');

/** Runs in the browser: the numbers stand in the page, and what stands there is sent back. */
const page = `<!doctype html><meta charset="utf-8"><pre id="result"></pre>
<script src="/tf.min.js"></script>
<script type="module">
  const result = document.getElementById('result');
  try {
    await tf.setBackend('cpu');
    const model = await tf.loadLayersModel('/model/model.json');
    const input = await (await fetch('/input.json')).json();
    const output = model.predict(tf.tensor4d(input, [1, 32, 32, 3]));
    const { classes, channels } = model.getUserDefinedMetadata().thaw;
    result.textContent = JSON.stringify({ outputs: [...await output.data()], backend: tf.getBackend(), classes, channels });
  } catch (error) {
    result.textContent = JSON.stringify({ error: String(error) });
  }
  await fetch('/result', { method: 'POST', body: result.textContent });
</script>`;

interface Result {
  error?: string;
  outputs?: number[];
  backend?: string;
  classes?: string[];
  channels?: string;
}

const program = chromium();
(program ? test : test.skip).each([
  ['resnet18', 'torchvision', 'rgb'],
  ['resnet50', 'keras', 'bgr'],
] as const)(
  'a %s, %s, predicts in a browser as it does in Node.js',
  async (architecture, variant, channels) => {
    const folder = temporaryFolder();
    const classes = ['a', 'b', 'c', 'd', 'é'];
    await writeTfjs(
      folder,
      drawnModel(describeNetwork(architecture, linearHead(5), { variant, side: 32, classes }), 1),
    );
    const random = new Random(4);
    // Normalised pixels, or pixels less their mean.
    const extent = variant === 'keras' ? 100 : 2;
    const input = Array.from({ length: 32 * 32 * 3 }, () => random.between(-extent, extent));

    const { promise: result, resolve } = deferred<Result>();
    const asked: string[] = [];
    const address = await listen(
      createServer(async (request, response) => {
        const path = request.url ?? '';
        asked.push(path);
        if (path === '/') response.setHeader('content-type', 'text/html').end(page);
        else if (path === '/tf.min.js') createReadStream(library).pipe(response);
        else if (path === '/input.json') response.end(JSON.stringify(input));
        else if (/^\/model\/[\w.-]+$/.test(path))
          createReadStream(join(folder, path.slice(7))).pipe(response);
        else if (path === '/result') {
          resolve(JSON.parse(await text(request)));
          response.end();
        } else response.writeHead(404).end();
      }),
    );
    const { outputs = [], ...rest } = await openPage(program as string, address, result);
    expect(rest).toEqual({ backend: 'cpu', classes, channels });
    expect(asked.filter((path) => path.endsWith('.bin')).length).toBeGreaterThan(1);
    const difference = largestDifference(outputs, await predict(tf, folder, input, 32));
    console.info(`${architecture}, ${variant}: largest difference ${difference.toExponential(1)}`);
    expect(difference).toBeLessThan(1e-4);
  },
);

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
