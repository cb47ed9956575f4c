/**
 * The places of a sorted set that lie in a shape, in the order in which a server comes upon them.
 *
 * Source: redis src/geo.c.
 */
import type { ZsetValue } from "../values/zset-value.ts";
import { cellsOf, type Shape } from "./areas.ts";
import { distanceM, latitudeDistanceM } from "./distances.ts";
import { type Place, placeOf, scoresOf } from "./geohash.ts";

export interface FoundPlace {
  readonly member: string;
  readonly score: number;
  /** From the centre. */
  readonly distanceM: number;
}

/** All places in the shape, or no more than `countMax`: the first that are found. */
export function searchPlaces(zset: ZsetValue, shape: Shape, countMax: number): FoundPlace[] {
  const found: FoundPlace[] = [];
  const order = zset.order();
  for (const cell of cellsOf(shape)) {
    const [from, to] = scoresOf(cell);
    const first = order.firstRank((score) => score >= from);
    for (const [member, score] of order.range(first, order.count)) {
      if (score >= to || found.length >= countMax) break;
      const distance = distanceInside(shape, placeOf(score));
      if (distance !== undefined) found.push({ member, score, distanceM: distance });
    }
    if (found.length >= countMax) break;
  }
  return found;
}

/** How far the place is from the centre; undefined when it is not in the shape. */
function distanceInside(shape: Shape, place: Place): number | undefined {
  const { centre } = shape;
  if (shape.kind === "circle") {
    const distance = distanceM(centre, place);
    return distance > shape.radiusM ? undefined : distance;
  }
  if (latitudeDistanceM(place.latitude, centre.latitude) > shape.heightM / 2) return undefined;
  const sideways = distanceM(place, { longitude: centre.longitude, latitude: place.latitude });
  return sideways > shape.widthM / 2 ? undefined : distanceM(centre, place);
}
