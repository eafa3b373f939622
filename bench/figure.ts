import { median } from "./measurement";

/** A time in the chart of the results. */
export interface Bar {
  readonly name: string;
  readonly ms: number;
}

/** One bar and what was measured against it. */
export interface Figure {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  /** What it was compared with in the same run; "" if there is nothing. */
  readonly beside: string;
  /** Of the measured to what is beside it. */
  readonly ratio?: number;
  readonly met: boolean;
  /** For the chart: ours first, then what it was compared with. */
  readonly bars?: readonly Bar[];
}

/** A time that may exceed another one's by so much, or must be shorter by so much if that is negative: medians. */
export function addedTime(
  what: string,
  guarded: readonly number[],
  base: { readonly name: string; readonly times: readonly number[] },
  limitMs: number,
): Figure {
  const [ours, theirs] = [median(guarded), median(base.times)];
  const more = ours - theirs;
  return {
    what,
    bar: `≤ ${base.name} ${limitMs < 0 ? "−" : "+"} ${seconds(Math.abs(limitMs))}`,
    measured: `${seconds(ours)} (${seconds(Math.min(...guarded))} to ${seconds(Math.max(...guarded))}): ${seconds(Math.abs(more))} ${more < 0 ? "less" : "more"}`,
    beside: `${base.name} ${seconds(theirs)}`,
    ratio: ours / theirs,
    met: more <= limitMs,
    bars: barsOf(ours, base.name, theirs),
  };
}

/** A time that may be so large a part of another one: medians. */
export function partOfTime(
  what: string,
  guarded: readonly number[],
  base: { readonly name: string; readonly times: readonly number[] },
  part: { readonly words: string; readonly value: number },
): Figure {
  const [ours, theirs] = [median(guarded), median(base.times)];
  return {
    what,
    bar: `≤ ${part.words} of ${base.name}`,
    measured: `${seconds(ours)} (${seconds(Math.min(...guarded))} to ${seconds(Math.max(...guarded))})`,
    beside: `${base.name} ${seconds(theirs)}`,
    ratio: ours / theirs,
    met: ours / theirs <= part.value,
    bars: barsOf(ours, base.name, theirs),
  };
}

function barsOf(ours: number, base: string, theirs: number): Bar[] {
  return [
    { name: "ecs-image-guard", ms: ours },
    { name: base.replaceAll("`", ""), ms: theirs },
  ];
}

/** A number that may not be exceeded. */
export function atMost(what: string, count: number, most: number, unit: string): Figure {
  return { what, bar: `≤ ${most} ${unit}`, measured: number(count), beside: "", met: count <= most };
}

/** A number that must be this one. */
export function exactly(what: string, count: number, wanted: number, unit: string): Figure {
  return { what, bar: `${wanted} ${unit}`, measured: number(count), beside: "", met: count === wanted };
}

/** With the digits that tell. */
export function seconds(ms: number): string {
  return Math.abs(ms) < 995 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
