// @ts-types="@types/d3-shape"
import {
  area,
  type CurveFactory,
  curveLinear,
  curveMonotoneX,
  curveStepAfter,
  curveStepBefore,
  line,
} from "d3-shape";
import type { Interpolation, Layer } from "./course.ts";
import { px, rectanglesPath } from "./shapes.ts";

/** What makes px of a layer's steps and values. */
export interface LayerScale {
  /** Left of a step, by its number. */
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
}

/** A level in px, rounded. */
interface Spot {
  readonly x: number;
  readonly base: number;
  readonly top: number;
}

const curves: Readonly<Record<Interpolation, CurveFactory>> = {
  linear: curveLinear,
  smooth: curveMonotoneX,
  stepBefore: curveStepBefore,
  stepAfter: curveStepAfter,
};

/** The line of a layer's values, open where there are none; a value without neighbours is a dot. */
export function linePath(layer: Layer, scale: LayerScale, interpolation: Interpolation): string {
  const draw = line<Spot | undefined>()
    .defined((spot) => spot !== undefined)
    .x((spot) => spot!.x)
    .y((spot) => spot!.top)
    .curve(curves[interpolation])
    .digits(1);
  return draw(thinned(spotsOf(layer, scale))) ?? "";
}

/** The area between a layer's values and what it stands on. */
export function areaPath(layer: Layer, scale: LayerScale, interpolation: Interpolation): string {
  const draw = area<Spot | undefined>()
    .defined((spot) => spot !== undefined)
    .x((spot) => spot!.x)
    .y0((spot) => spot!.base)
    .y1((spot) => spot!.top)
    .curve(curves[interpolation])
    .digits(1);
  return draw(thinned(spotsOf(layer, scale))) ?? "";
}

/** A bar for each value, with a fifth of the step between two. */
export function barsPath(layer: Layer, scale: LayerScale): string {
  const width = (scale.x(1) - scale.x(0)) * 0.8;
  return rectanglesPath(
    spotsOf(layer, scale).flatMap((spot) =>
      spot === undefined ? [] : [{
        x: spot.x - width / 2,
        y: Math.min(spot.base, spot.top),
        width,
        height: Math.abs(spot.base - spot.top),
      }]
    ),
  );
}

/** A dot for each value, to be drawn by the round ends of lines without length. */
export function dotsPath(layer: Layer, scale: LayerScale): string {
  return spotsOf(layer, scale).map((spot) => spot === undefined ? "" : `M${spot.x} ${spot.top}h0`)
    .join("");
}

function spotsOf(layer: Layer, { x, y }: LayerScale): (Spot | undefined)[] {
  return layer.map((level, step) =>
    level === undefined
      ? undefined
      : { x: px(x(step)), base: px(y(level.base)), top: px(y(level.top)) }
  );
}

/** Without what lies within a straight run: most counters stand still most of the time. */
function thinned(spots: readonly (Spot | undefined)[]): (Spot | undefined)[] {
  const isSame = (a: Spot | undefined, b: Spot | undefined): boolean =>
    a !== undefined && b !== undefined && a.top === b.top && a.base === b.base;
  return spots.filter((spot, i) => !isSame(spots[i - 1], spot) || !isSame(spot, spots[i + 1]));
}
