import { type MemberOf, make, type OptionsOf } from '../options/family.ts';
import { optimizers } from '../options/optimizers.ts';

type Optimizers = typeof optimizers;

/** Made by `adam`, `adamw` or `sgd`; taken by `compile`. */
export type Optimizer = MemberOf<Optimizers>;
export type AdamOptions = OptionsOf<Optimizers, 'adam'>;
export type AdamwOptions = OptionsOf<Optimizers, 'adamw'>;
export type SgdOptions = OptionsOf<Optimizers, 'sgd'>;

/** Adam (Kingma and Ba 2014). @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function adam(options: AdamOptions = {}): MemberOf<Optimizers, 'adam'> {
  return make(optimizers, 'adam', options);
}

/** AdamW (Loshchilov and Hutter 2017). @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function adamw(options: AdamwOptions = {}): MemberOf<Optimizers, 'adamw'> {
  return make(optimizers, 'adamw', options);
}

/** Stochastic gradient descent, PyTorch's form of momentum. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function sgd(options: SgdOptions = {}): MemberOf<Optimizers, 'sgd'> {
  return make(optimizers, 'sgd', options);
}
