/**
 * Distances on a ball, in metres, bit for bit those of servers: the haversine formula in their order of operations.
 *
 * Servers before 7.0 compute the distance between places of one longitude by the whole formula, which can differ in the last bit. Source:
 * redis src/geohash_helper.c.
 */
import { exactAsin, exactCos, exactSin } from "./exact-functions.ts";
import type { Place } from "./geohash.ts";

export const earthRadiusM = 6372797.560856;
const radiansPerDegree = Math.PI / 180;

export function radians(degrees: number): number {
  return degrees * radiansPerDegree;
}

export function degrees(angle: number): number {
  return angle / radiansPerDegree;
}

export function distanceM(from: Place, to: Place): number {
  const eastward = exactSin((radians(to.longitude) - radians(from.longitude)) / 2);
  if (eastward === 0) return latitudeDistanceM(from.latitude, to.latitude);
  const fromLatitude = radians(from.latitude);
  const toLatitude = radians(to.latitude);
  const northward = exactSin((toLatitude - fromLatitude) / 2);
  const square = northward * northward + exactCos(fromLatitude) * exactCos(toLatitude) * eastward * eastward;
  return 2 * earthRadiusM * exactAsin(Math.sqrt(square));
}

/** Between two places on one meridian. */
export function latitudeDistanceM(from: number, to: number): number {
  return earthRadiusM * Math.abs(radians(to) - radians(from));
}
