/**
 * Which cells of the map a search has to look into: the one with the centre and those of its eight neighbours that the shape can reach.
 *
 * The order of the cells is part of the result when a search ends at a number of places (COUNT n ANY). Source: redis src/geohash_helper.c
 * of Redis 7.0 to 8.6.
 */
import { degrees, earthRadiusM, radians } from "./distances.ts";
import { exactCos } from "./exact-functions.ts";
import { boundsOf, type Cell, type CellBounds, cellOf, neighbourOf, type Place, stepMax } from "./geohash.ts";

/** A circle, or a rectangle whose sides lie along the meridians and the parallels. Metres. */
export type Shape = { readonly centre: Place } & (
  | { readonly kind: "circle"; readonly radiusM: number }
  | { readonly kind: "box"; readonly widthM: number; readonly heightM: number }
);

/** Half of the map's width. */
const mercatorMaxM = 20037726.37;

/** [east, north] of the cells, in the order in which they are searched. */
const order = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const;

/** The cells to search, in order; none for a centre outside of the map. */
export function cellsOf(shape: Shape): Cell[] {
  const wanted = boundingBox(shape);
  let step = stepOf(shape);
  let cell = cellOf(shape.centre, step);
  if (cell === undefined) return [];
  if (step > 1 && !reaches(cell, wanted)) cell = cellOf(shape.centre, --step)!;
  const bounds = boundsOf(cell);
  const cells: Cell[] = [];
  // The first cell counts as none: only the cell searched last, other than the first, is not searched twice in a row.
  let last: Cell | undefined;
  for (const [east, north] of order) {
    if (step >= 2 && isOutOfReach(bounds, wanted, east, north)) continue;
    const next = neighbourOf(cell, east, north);
    if (last !== undefined && next.south === last.south && next.west === last.west) continue;
    cells.push(next);
    if (cells.length > 1) last = next;
  }
  return cells;
}

/** How fine the cells may be for the eight neighbours to cover the shape, about. */
function stepOf(shape: Shape): number {
  const radiusM =
    shape.kind === "circle" ? shape.radiusM : Math.sqrt((shape.widthM / 2) ** 2 + (shape.heightM / 2) ** 2);
  if (radiusM === 0) return stepMax;
  let step = 1;
  for (let range = radiusM; range < mercatorMaxM; range *= 2) step++;
  step -= 2;
  // Cells are narrower towards the poles.
  const latitude = Math.abs(shape.centre.latitude);
  if (latitude > 66) step--;
  if (latitude > 80) step--;
  return Math.min(stepMax, Math.max(1, step));
}

function boundingBox(shape: Shape): CellBounds {
  const { longitude, latitude } = shape.centre;
  const heightM = shape.kind === "circle" ? shape.radiusM : shape.heightM / 2;
  const widthM = shape.kind === "circle" ? shape.radiusM : shape.widthM / 2;
  const north = degrees(heightM / earthRadiusM);
  const edge = latitude < 0 ? latitude - north : latitude + north;
  const east = degrees(widthM / earthRadiusM / exactCos(radians(edge)));
  return {
    latitudeMin: latitude - north,
    latitudeMax: latitude + north,
    longitudeMin: longitude - east,
    longitudeMax: longitude + east,
  };
}

/** Whether the four direct neighbours reach as far as the shape does. */
function reaches(cell: Cell, wanted: CellBounds): boolean {
  return (
    boundsOf(neighbourOf(cell, 0, 1)).latitudeMax >= wanted.latitudeMax &&
    boundsOf(neighbourOf(cell, 0, -1)).latitudeMin <= wanted.latitudeMin &&
    boundsOf(neighbourOf(cell, 1, 0)).longitudeMax >= wanted.longitudeMax &&
    boundsOf(neighbourOf(cell, -1, 0)).longitudeMin <= wanted.longitudeMin
  );
}

/** Whether the middle cell alone reaches past the shape on the side where this neighbour lies. */
function isOutOfReach(cell: CellBounds, wanted: CellBounds, east: number, north: number): boolean {
  return (
    (north < 0 && cell.latitudeMin < wanted.latitudeMin) ||
    (north > 0 && cell.latitudeMax > wanted.latitudeMax) ||
    (east < 0 && cell.longitudeMin < wanted.longitudeMin) ||
    (east > 0 && cell.longitudeMax > wanted.longitudeMax)
  );
}
