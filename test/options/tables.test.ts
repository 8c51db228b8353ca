import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { evaluateFlags, predictFlags, setupFlags, summaryFlags } from '../../lib/options/commands.ts';
import { compile } from '../../lib/options/compile.ts';
import { imageFolder, imageListing } from '../../lib/options/data.ts';
import { jsonSchema } from '../../lib/options/documents.ts';
import { checkMember, make } from '../../lib/options/family.ts';
import { fit } from '../../lib/options/fit.ts';
import { headLayers } from '../../lib/options/head-layers.ts';
import { load, replaceHead, save } from '../../lib/options/load.ts';
import { optimizers } from '../../lib/options/optimizers.ts';
import { apply, predict, run } from '../../lib/options/run.ts';
import { schedules } from '../../lib/options/schedules.ts';
import { checkOptions, type Option, type Table } from '../../lib/options/table.ts';
import { trainFlags, trainOptions } from '../../lib/options/train.ts';

const tables: Record<string, Table> = {
  ...{ fit, run, predict, apply, load, replaceHead, save, compile, imageFolder, imageListing },
  ...{ trainFlags, evaluateFlags, predictFlags, summaryFlags, setupFlags },
  ...Object.fromEntries(
    [optimizers, schedules, headLayers].flatMap((family) =>
      Object.entries(family).map(([kind, { options }]) => [kind, options as Table]),
    ),
  ),
};

describe('what is refused', () => {
  test.each([
    ['fit', fit, { epochs: 0 }, 'Expected a positive integer for epochs but received 0 of type number.'],
    ['fit', fit, { epochs: 1.5 }, 'a positive integer for epochs'],
    ['fit', fit, { shuffle: 'yes' }, "true or false for shuffle but received 'yes' of type string."],
    ['fit', fit, { threads: 2000 }, 'an integer from 0 to 1024 for threads'],
    ['fit', fit, { batchSize: 'all' }, "a positive integer or 'auto' for batchSize"],
    ['fit', fit, { clipNorm: Number.POSITIVE_INFINITY }, 'a number of at least 0 for clipNorm'],
    ['fit', fit, { clipNorm: Number.NaN }, 'clipNorm'],
    ['fit', fit, { kernels: 'fast' }, "one of 'plain', 'fused' for kernels"],
    ['fit', fit, { seed: -1 }, 'a non-negative integer for seed'],
    ['fit', fit, { cacheViews: 1001 }, 'an integer from 0 to 1000 for cacheViews'],
    ['fit', fit, { cache: 'on' }, "one of 'auto', 'disk', 'off' for cache"],
    ['fit', fit, { cache: { memroy: 3 } }, 'Unknown option memroy for cache; did you mean memory?'],
    ['fit', fit, { cache: { memory: -1 } }, 'a non-negative integer for cache.memory'],
    ['fit', fit, { earlyStopping: { patience: -1 } }, 'for earlyStopping.patience'],
    ['fit', fit, { checkpoint: {} }, 'for checkpoint.directory but received undefined.'],
    ['fit', fit, { callbacks: { onEpochend: () => 0 } }, 'did you mean onEpochEnd?'],
    ['fit', fit, { callbacks: { onEpochEnd: 3 } }, 'a function for callbacks.onEpochEnd'],
    ['fit', fit, { signal: true }, 'an AbortSignal for signal'],
    ['fit', fit, null, 'an object with options for fit but received null.'],
    ['fit', fit, { maxSkipped: 0.5 }, 'Unknown option maxSkipped for fit; it takes epochs'],
    ['compile', compile, { labelSmoothing: 1.1 }, 'a number from 0 to 1 for labelSmoothing'],
    ['compile', compile, { metrics: 'top5' }, "a list of 'accuracy', 'top5' for metrics"],
    ['compile', compile, { metrics: ['auc'] }, 'for metrics[0]'],
    ['compile', compile, { optimizer: { kind: 'lion' } }, 'adam(), adamw() or sgd() for optimizer'],
    ['compile', compile, { optimizer: { kind: 'sgd', beta1: 0 } }, 'Unknown option beta1 for sgd'],
    ['compile', compile, { schedule: { kind: 'step' } }, 'a number of more than 0 for every'],
    ['compile', compile, { groups: [{ rate: 1 }] }, 'Unknown option rate for groups[0]'],
    ['load', load, { device: 'gpu' }, "'auto', 'cpu', 'cuda' or 'cuda:N' for device"],
    ['load', load, { device: 'cuda:1.5' }, 'for device'],
    ['load', load, { inputShape: [16, 16, 3] }, 'but received [16, 16, 3].'],
    ['load', load, { inputShape: [9000, 224, 3] }, '32 to 8192 pixels for inputShape'],
    ['load', load, { weights: '' }, "'imagenet', the path of a file, or null"],
  ] as [string, Table, unknown, string][])('%s, %#: by name', (where, table, given, message) => {
    expect(() => checkOptions(where, table, given)).toThrow(message);
  });

  test.each([
    ['dropout', { rate: 1 }],
    ['dropout', {}],
    ['dense', {}],
    ['dense', { units: 3, rate: 0.5 }],
    ['batchNormalization', { momentum: 1.5 }],
  ] as const)('a layer: %s with %j', (kind, options) => {
    expect(() => make(headLayers, kind, options)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(INVALID_ARGUMENT|UNKNOWN_OPTION)$/) }),
    );
  });

  test('a member of a family that is none', () => {
    for (const value of [undefined, null, 'adam', {}, { kind: 'toString' }, { kind: ['adam'] }]) {
      expect(() => checkMember('optimizer', optimizers, 'adam()', value)).toThrow(
        'Expected adam() for optimizer',
      );
    }
  });
});

test('what Keras and PyTorch allow is allowed', () => {
  expect(checkOptions('compile', compile, { labelSmoothing: 1 }).labelSmoothing).toBe(1);
  expect(make(optimizers, 'sgd', { momentum: 1, learningRate: 0 })).toMatchObject({
    momentum: 1,
    learningRate: 0,
  });
  expect(make(schedules, 'step', { every: 0.5, gamma: 0 })).toEqual({
    kind: 'step',
    every: 0.5,
    gamma: 0,
    warmupEpochs: 0,
  });
});

test('what is undefined counts as not given', () => {
  expect(checkOptions('fit', fit, { epochs: undefined, kernels: undefined })).toEqual(
    checkOptions('fit', fit, {}),
  );
  expect(checkOptions('fit', fit, {})).not.toHaveProperty('kernels');
});

test.each(Object.entries(tables))(
  '%s: every default is of its kind, every entry is explained',
  (_, table) => {
    for (const [name, option] of Object.entries<Option>(table)) {
      expect(option.help).not.toBe('');
      if (option.default !== undefined) option.kind.check(name, option.default);
      if (option.required) expect(option.default).toBeUndefined();
    }
  },
);

test('an option of a call and of the command line is one entry: name, kind, help', () => {
  const calls: Record<string, Option> = { ...fit, ...compile, ...load };
  const same = Object.entries<Option>(trainOptions).filter(([name, { kind }]) => calls[name]?.kind === kind);
  expect(same.map(([name]) => name).sort()).toEqual(
    [
      ...[
        'accumulationSteps',
        'augment',
        'backboneLearningRate',
        'batchSize',
        'cacheViews',
        'clipNorm',
        'decode',
        'device',
        'epochs',
        'kernels',
      ],
      ...[
        'labelSmoothing',
        'layerDecay',
        'loss',
        'maxPixels',
        'maxSkippedShare',
        'nonFinite',
        'precision',
        'seed',
        'threads',
        'validationSplit',
      ],
    ].sort(),
  );
});

// ajv reads the schema as an editor does; what it says of a value is compared with what the option's own check says.
test('the JSON schema of a configuration takes what its options take', () => {
  const validate = new Ajv2020({ strict: true }).compile(jsonSchema(trainOptions));
  const values = [
    0,
    -1,
    0.5,
    1,
    1.5,
    32,
    1024,
    8192,
    9000,
    '',
    'auto',
    'none',
    'cpu',
    'cuda:0',
    'sgd',
    true,
    null,
  ];
  const simple = Object.entries<Option>(trainOptions).filter(([, { kind }]) => 'accepts' in kind);
  expect(simple.length).toBeGreaterThan(20);
  for (const [name, { kind, aliases = [] }] of simple) {
    for (const value of values) {
      const taken = (kind as unknown as { accepts(value: unknown): boolean }).accepts(value);
      for (const alias of [name, ...aliases]) {
        expect([alias, value, validate({ [alias]: value })]).toEqual([alias, value, taken]);
      }
    }
  }
  expect(validate({ batchsize: 3 })).toBe(false);
});
