/**
 * How many planted wrong labels `thaw check-data` ranks first: of the images of a folder of class folders, a share gets the label of
 * another class, drawn by a seed; printed are precision and recall, a line a seed.
 *
 *   npx tsx bench/planted-labels.ts FOLDER [WEIGHTS] [SHARE] [SEEDS]
 */
import { NEIGHBOURS } from '../lib/check/check.ts';
import { checkedImages } from '../lib/check/images.ts';
import { suspiciousLabels } from '../lib/check/labels.ts';
import { Dataset } from '../lib/data/dataset.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { permutation } from '../lib/data/order.ts';
import { Random } from '../lib/demo/random.ts';
import { loadResNet } from '../lib/model/load.ts';
import { checkDataFlags } from '../lib/options/commands.ts';

const [folder, weights = 'imagenet', share = '0.05', seeds = '3'] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('planted-labels needs a folder of class folders.');
const { train, classes } = await imageFolder(folder);
const model = await loadResNet('resnet50', { weights, includeTop: false });
const planted = Math.round(Number(share) * train.size);
console.log(`${train.size} images of ${classes.length} classes, ${planted} wrong labels`);
for (let seed = 0; seed < Number(seeds); seed++) {
  const random = new Random(seed);
  const wrong = new Set(permutation(train.size, seed).slice(0, planted));
  const labels = train.labels.map((label, i) =>
    wrong.has(i) ? (label + 1 + Math.floor(random.between(0, classes.length - 1))) % classes.length : label,
  );
  const set = new Dataset({ classes, labels, names: train.names, source: train.source });
  const images = checkedImages({ train: set });
  const ranked = suspiciousLabels(images, classes, await model.examine(set, NEIGHBOURS), 0);
  const place = new Map(images.map(({ path }, i) => [path, i]));
  const right = (found: typeof ranked) =>
    found.filter(({ names: [path = ''] }) => wrong.has(place.get(path) ?? -1)).length;
  const half = Math.round(planted / 2);
  const listed = ranked.filter(({ score = 0 }) => score >= checkDataFlags.doubt.default);
  const of = (count: number, all: number) => `${count} of ${all} (${((100 * count) / all).toFixed(0)} %)`;
  console.log(
    `seed ${seed}: right among the first ${half}: ${of(right(ranked.slice(0, half)), half)}; among the first ${planted}: ` +
      `${of(right(ranked.slice(0, planted)), planted)}; listed: ${listed.length}, and in them ${of(right(listed), planted)} of the planted`,
  );
}
model.dispose();
