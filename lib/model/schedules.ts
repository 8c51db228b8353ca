import { type MemberOf, make, type OptionsOf } from '../options/family.ts';
import { schedules } from '../options/schedules.ts';

type Schedules = typeof schedules;

/** How the learning rate changes with the steps; made by the functions below, taken by `compile`. */
export type Schedule = MemberOf<Schedules>;

/** The full learning rate, after a warm-up. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function constant(options: OptionsOf<Schedules, 'constant'> = {}): MemberOf<Schedules, 'constant'> {
  return make(schedules, 'constant', options);
}

/**
 * Half a cosine from the full rate to `minimum` times it (Loshchilov and Hutter 2016, without restarts).
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function cosine(options: OptionsOf<Schedules, 'cosine'> = {}): MemberOf<Schedules, 'cosine'> {
  return make(schedules, 'cosine', options);
}

/** Times `gamma` after every `every` epochs. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function step(options: OptionsOf<Schedules, 'step'>): MemberOf<Schedules, 'step'> {
  return make(schedules, 'step', options);
}
