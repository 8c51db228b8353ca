import type { Evaluation } from '../model/evaluation.ts';

/** What report.html tells; plain data, so that a page can be made from any run. */
export interface ReportData {
  version: string;
  /** Settings by name, in the order to be shown. */
  config: object;
  /** One entry an epoch; the validation's may be empty. */
  history: {
    loss: readonly number[];
    accuracy: readonly number[];
    valLoss: readonly number[];
    valAccuracy: readonly number[];
    epochSeconds: readonly number[];
    imagesPerSecond: readonly number[];
  };
  /** On the validation images; absent where there are none. */
  evaluation?: ReportEvaluation;
  classes: readonly string[];
  trainImages: number;
  validationImages: number;
  device: string;
  precision: string;
  stoppedEarly: boolean;
  /** Counted from 0; where the best weights were kept. */
  bestEpoch?: number;
  parameters: { total: number; trainable: number };
  /** What was proved of the frozen layers; tensors of weights and of running statistics. */
  frozen: { tensors: number; checks: number; digest: string };
  /** Steps that were left out, as their numbers were not finite: sentences on them. */
  leftOut: readonly string[];
  /** Of the whole run. */
  seconds: number;
  skipped: readonly { name: string; code: string; reason: string }[];
}

export type ReportEvaluation = Omit<Evaluation, 'images' | 'skipped'>;
