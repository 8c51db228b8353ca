import { unusable } from '../../lib/options/arguments.ts';
import { closest } from '../../lib/validate.ts';
import type { BenchOptions } from '../options.ts';
import type { Scenario } from '../scenario.ts';
import { accuracy } from './accuracy.ts';
import { behaviour } from './behaviour.ts';
import { checks } from './checks.ts';
import { decode } from './decode.ts';
import { endToEnd } from './end-to-end.ts';
import { growth } from './growth.ts';
import { memory } from './memory.ts';
import { startUp } from './start-up.ts';
import { forward, speed } from './steps.ts';

export const SCENARIOS: readonly Scenario[] = [
  checks,
  accuracy,
  endToEnd,
  forward,
  speed,
  decode,
  startUp,
  memory,
  behaviour,
  growth,
];

/**
 * Those that are named, or all that the device has; a quick look at one that is another device's shows that it works.
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function chosen({ scenarios, device, quick }: Pick<BenchOptions, 'scenarios' | 'device' | 'quick'>) {
  const fits = ({ only }: Scenario) => only === undefined || only === device;
  if (scenarios.length === 0) return SCENARIOS.filter(fits);
  const names = SCENARIOS.map(({ name }) => name);
  return scenarios.map((name) => {
    const scenario = SCENARIOS[names.indexOf(name)];
    if (!scenario) {
      const nearest = closest(name, names);
      const hint = nearest ? `; did you mean ${nearest}?` : '.';
      throw unusable(`Expected scenarios of ${names.join(', ')} but received ${name}${hint}`);
    }
    if (fits(scenario) || quick) return scenario;
    throw unusable(`${name} is measured with --device ${scenario.only} only.`);
  });
}
