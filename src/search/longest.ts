// SPDX-License-Identifier: Apache-2.0
// The greatest length that passes, where longer ones do not: doubled until one fails, then halved between the two.

export interface LongestPlan {
  shortest: number;
  longest: number;
  /** Lengths are multiples of it. */
  step: number;
  /** How far the bounds may be apart, relative to the upper one, unless a step is more. */
  widthRatio: number;
}

export interface LongestBounds {
  /** The greatest that passed, and the least above it that did not; null where none of those tried did. */
  lower: number | null;
  upper: number | null;
}

/** Looks at as few lengths as it can; `passes` is asked of each once, and `tell` hears behind it where the bounds are. */
export async function longest(
  plan: LongestPlan,
  passes: (length: number, isClose: boolean) => Promise<boolean>,
  tell: (bounds: Readonly<LongestBounds>) => void = () => undefined,
): Promise<LongestBounds> {
  const whole = (length: number) => Math.max(1, Math.round(length / plan.step)) * plan.step;
  const bounds: LongestBounds = { lower: null, upper: null };
  const look = async (length: number, isClose: boolean) => {
    bounds[(await passes(length, isClose)) ? 'lower' : 'upper'] = length;
    tell(bounds);
  };
  const last = Math.max(whole(plan.longest), whole(plan.shortest));
  for (let length = whole(plan.shortest); bounds.upper === null; length = Math.min(last, 2 * length)) {
    await look(length, false);
    if (length === last) break;
  }
  while (bounds.lower !== null && bounds.upper !== null) {
    const { lower, upper } = bounds;
    if (upper - lower <= Math.max(plan.step, plan.widthRatio * upper)) break;
    const length = whole((lower + upper) / 2);
    if (length === lower || length === upper) break;
    await look(length, true);
  }
  return bounds;
}
