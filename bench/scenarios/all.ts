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
