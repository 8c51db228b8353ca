import { formatBytes } from '../files/format.ts';
import type { TrainBegin } from '../model/callbacks.ts';
import type { CacheFacts } from '../model/feature-cache.ts';
import type { TimeSpent } from '../model/history.ts';
import type { TrainConfig } from '../options/train.ts';

/** What is kept of the frozen layers' outputs, where, and how large it is. */
export function cacheNote({ boundary, trainCache, validationCache }: TrainBegin): string | undefined {
  if (boundary === '') return undefined;
  const kept = [trainCache, validationCache].filter(({ place }) => place !== 'off');
  if (kept.length === 0) return `frozen layers: computed in every epoch, as ${trainCache.reason}`;
  const images = trainCache.place === 'off' ? 'validation image' : 'image';
  const size = formatBytes(kept.reduce((sum, facts) => sum + facts.bytes, 0));
  const places = [...new Set(kept.map(where))].join(' and ');
  const instead = kept.find(({ reason }) => reason !== undefined)?.reason;
  const why = instead === undefined ? '' : `, and not in a file: ${instead}`;
  return `frozen layers: computed once for each ${images}; their outputs (${size} after ${boundary}) are kept ${places}${why}`;
}

function where({ place, file, found, images }: CacheFacts): string {
  if (place === 'memory') return 'in memory';
  if (place === 'device') return "in the GPU's memory";
  return `in ${file}${found > 0 ? ` (${found} of ${images} found there)` : ''}`;
}

/** Where the time went, in words, the largest share first. */
export function timeNote(time: TimeSpent, device: string): string {
  const parts = shares(time, device)
    .filter(([, share]) => share >= 0.005)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${Math.round(100 * share)} %`);
  return `time: ${parts.join(', ')}`;
}

type Kind =
  | 'computing'
  | 'frozen layers'
  | 'trained layers'
  | 'kept outputs'
  | 'waiting for images'
  | 'validation'
  | 'checkpoints'
  | 'other';

function shares(time: TimeSpent, device: string): [Kind, number][] {
  const { total, waiting, frozen, cache, trained, validation, checkpoint } = time;
  const known: [Kind, number][] = [
    ['waiting for images', waiting],
    ['validation', validation],
    ['checkpoints', checkpoint],
  ];
  const rest = total - known.reduce((sum, [, seconds]) => sum + seconds, 0);
  // A GPU computes beside the thread that is timed: its kinds cannot be told apart from here.
  const computing: [Kind, number][] = device.startsWith('cuda')
    ? [['computing', rest]]
    : [
        ['frozen layers', frozen],
        ['trained layers', trained],
        ['kept outputs', cache],
        ['other', rest - frozen - trained - cache],
      ];
  return [...known, ...computing].map(([kind, seconds]) => [kind, seconds / Math.max(total, 1e-9)]);
}

/** The one setting that would save most time; nothing where none stands out. */
export function advice(
  time: TimeSpent,
  device: string,
  begin: TrainBegin,
  config: TrainConfig,
): string | undefined {
  const share = Object.fromEntries(shares(time, device));
  const waiting = share['waiting for images'] ?? 0;
  const frozen = (share['frozen layers'] ?? 0) + waiting;
  const recomputed = begin.boundary !== '' && begin.trainCache.place === 'off' && config.epochs > 1;
  if (recomputed && frozen > 0.3) {
    if (config.cache === 'off') return '--cache auto would compute the frozen layers once, not every epoch';
    if (config.augment !== 'none' && config.cacheViews === 0) {
      return '--cache-views K would compute the frozen layers for K views of each image, not for a new one every epoch';
    }
    if (config.cacheMemory !== undefined)
      return 'a larger --cache-memory would compute the frozen layers once';
  }
  if (waiting > 0.3) {
    return config.threads > 0
      ? '--threads 0 would decode images on every core'
      : 'smaller image files (shorter side 256 to 512 pixels) would be decoded faster';
  }
  if (config.precision === 'float32')
    return '--precision auto would compute in bfloat16 where that is faster';
  if (device.startsWith('cuda') && config.batchSize !== 'auto' && config.batchSize < 128)
    return '--batch-size auto would look for the batch at which the GPU is busiest';
  return undefined;
}
