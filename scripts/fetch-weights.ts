/** `npm run fetch-weights`: torchvision's ImageNet weights, into the cache. `--help` lists the options. */
import { parseArgs } from 'node:util';
import { ThawError } from '../lib/errors.ts';
import { describeProgress, ProgressLine } from '../lib/files/progress.ts';
import { convertWeights } from '../lib/model/convert-weights.ts';
import { ARCHITECTURES } from '../lib/network/architecture.ts';
import { oneOf } from '../lib/validate.ts';
import { WEIGHTS_ADDRESS, weightsFile } from '../lib/weights/catalogue.ts';
import { fetchWeights } from '../lib/weights/fetch.ts';

const USAGE = `Usage: npm run fetch-weights -- [ARCHITECTURE] [options]

Fetches torchvision's ImageNet weights and turns them into a TorchScript file. What is there already is kept;
what was interrupted is continued.

  ARCHITECTURE          ${ARCHITECTURES.join(', ')} (default: resnet50)
  --version V1|V2       V2 (resnet50 only) is better on ImageNet itself, worse to start from (default: V1)
  --from FILE           takes a file brought by hand instead of downloading
  --base-url URL        where the files lie (default: THAW_WEIGHTS_URL, else ${WEIGHTS_ADDRESS})
  --proxy URL           instead of HTTPS_PROXY and NO_PROXY
  --cache DIR           the cache folder (default: THAW_CACHE, else ~/.cache/thaw)
  --no-torchscript      leaves it at the .pth file, which ResNet50.load reads as well`;

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        version: { type: 'string', default: 'V1' },
        from: { type: 'string' },
        'base-url': { type: 'string' },
        proxy: { type: 'string' },
        cache: { type: 'string' },
        'no-torchscript': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ThawError('ERR_INVALID_ARGUMENT', `${(error as Error).message.split('. ')[0]}.`);
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const { values, positionals } = parse();
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const architecture = oneOf('ARCHITECTURE', positionals[0] ?? 'resnet50', ARCHITECTURES);
  const version = oneOf('--version', values.version, ['V1', 'V2'] as const);
  const file = weightsFile(architecture, version);
  const line = new ProgressLine();
  const { fromCache, pth, torchscript, sha256 } = await fetchWeights(architecture, {
    version,
    from: values.from,
    baseUrl: values['base-url'],
    proxy: values.proxy,
    cache: values.cache,
    convert: values['no-torchscript'] ? undefined : convertWeights,
    signal,
    onProgress: (progress) => line.draw(describeProgress(file, progress)),
  }).finally(() => line.clear());
  console.error(`${pth} ${fromCache ? 'is there already' : 'is ready'} (SHA-256 ${sha256})`);
  if (torchscript) console.error(`${torchscript} is ready`);
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
try {
  await main(interrupted.signal);
} catch (error) {
  if (interrupted.signal.aborted) {
    console.error('Interrupted: the same command goes on from here.');
    process.exitCode = 130;
  } else if (error instanceof ThawError) {
    console.error(`fetch-weights: ${error.message} [${error.code}]`);
    process.exitCode = error.code === 'ERR_INVALID_ARGUMENT' ? 2 : 1;
  } else {
    throw error;
  }
}
