import type { Scenario } from '../scenario.ts';
import { accuracy } from './accuracy.ts';
import { behaviour } from './behaviour.ts';
import { decode } from './decode.ts';
import { endToEnd } from './end-to-end.ts';
import { forward } from './forward.ts';
import { growth } from './growth.ts';
import { losses } from './losses.ts';
import { memory } from './memory.ts';
import { outputs } from './outputs.ts';
import { speed } from './speed.ts';
import { startUp } from './start-up.ts';

export const SCENARIOS: readonly Scenario[] = [
  outputs,
  losses,
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
