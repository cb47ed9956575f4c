/**
 * Places on earth as servers score them: 26 bits of latitude and 26 of longitude, taken in turn, as one whole number.
 *
 *   bit   51  50  49  48  …   1   0
 *         lon lat lon lat    lon lat
 *
 * A cell is what the upper bits say: all places whose first `step` bits of either kind are the same. Latitudes go to ±85.05112878 degrees, as
 * in web maps. Source: redis src/geohash.c.
 */

export const latitudeMax = 85.05112878;
export const longitudeMax = 180;
/** Bits of either kind in a score. */
export const stepMax = 26;

/** Degrees. */
export interface Place {
  readonly longitude: number;
  readonly latitude: number;
}

/**
 * Counts of cells from the south and from the west, among the 2^step of either kind. A place on the very edge of the map, at 180 degrees, is
 * one cell further: servers make a score of it that has a bit more.
 */
export interface Cell {
  readonly step: number;
  readonly south: number;
  readonly west: number;
}

/** Degrees. */
export interface CellBounds {
  readonly latitudeMin: number;
  readonly latitudeMax: number;
  readonly longitudeMin: number;
  readonly longitudeMax: number;
}

/** The cell that a place is in; undefined for a place outside of the map. */
export function cellOf({ longitude, latitude }: Place, step: number): Cell | undefined {
  if (!(Math.abs(longitude) <= longitudeMax && Math.abs(latitude) <= latitudeMax)) return undefined;
  return {
    step,
    south: cellCount(latitude, latitudeMax, step),
    west: cellCount(longitude, longitudeMax, step),
  };
}

export function boundsOf({ step, south, west }: Cell): CellBounds {
  return {
    latitudeMin: border(south, latitudeMax, step),
    latitudeMax: border(south + 1, latitudeMax, step),
    longitudeMin: border(west, longitudeMax, step),
    longitudeMax: border(west + 1, longitudeMax, step),
  };
}

/** The cell that lies so many cells to the east and to the north, at most one; around the globe in both. */
export function neighbourOf({ step, south, west }: Cell, east: number, north: number): Cell {
  return { step, south: moved(south, north, 2 ** step), west: moved(west, east, 2 ** step) };
}

/** The scores of a cell's places: half-open. */
export function scoresOf(cell: Cell): readonly [from: number, to: number] {
  const scale = 2 ** (2 * (stepMax - cell.step));
  const bits = interleave(cell);
  return [bits * scale, (bits + 1) * scale];
}

/** The score of a place in the map. */
export function scoreOf(place: Place): number | undefined {
  const cell = cellOf(place, stepMax);
  return cell === undefined ? undefined : interleave(cell);
}

/** The middle of the smallest cell that the score stands for. */
export function placeOf(score: number): Place {
  const bits = Math.trunc(score);
  const high = Math.floor(bits / 2 ** 26);
  const low = bits % 2 ** 26;
  const bounds = boundsOf({
    step: stepMax,
    south: evenBits(high) * 2 ** 13 + evenBits(low),
    west: evenBits(high >>> 1) * 2 ** 13 + evenBits(low >>> 1),
  });
  return {
    longitude: clamp((bounds.longitudeMin + bounds.longitudeMax) / 2, longitudeMax),
    latitude: clamp((bounds.latitudeMin + bounds.latitudeMax) / 2, latitudeMax),
  };
}

/** A count beyond the edge stays there as long as it is not moved. */
function moved(cell: number, by: number, count: number): number {
  return by === 0 ? cell : (cell + by + count) % count;
}

function cellCount(degrees: number, max: number, step: number): number {
  const share = (degrees + max) / (max + max);
  return Math.trunc(share * 2 ** step);
}

function border(count: number, max: number, step: number): number {
  return -max + (count / 2 ** step) * (max + max);
}

function clamp(degrees: number, max: number): number {
  return Math.min(max, Math.max(-max, degrees));
}

/** In two halves, because an operation on bits takes 32 of them. */
function interleave({ south, west }: Cell): number {
  const high = spread(south >>> 13) + 2 * spread(west >>> 13);
  const low = spread(south & 0x1fff) + 2 * spread(west & 0x1fff);
  return high * 2 ** 26 + low;
}

/** Puts a zero in front of each of the lower 16 bits. */
function spread(bits: number): number {
  let spreaded = bits;
  spreaded = (spreaded | (spreaded << 8)) & 0x00ff00ff;
  spreaded = (spreaded | (spreaded << 4)) & 0x0f0f0f0f;
  spreaded = (spreaded | (spreaded << 2)) & 0x33333333;
  return (spreaded | (spreaded << 1)) & 0x55555555;
}

/** Undoes spread(). */
function evenBits(bits: number): number {
  let even = bits & 0x55555555;
  even = (even | (even >>> 1)) & 0x33333333;
  even = (even | (even >>> 2)) & 0x0f0f0f0f;
  even = (even | (even >>> 4)) & 0x00ff00ff;
  return (even | (even >>> 8)) & 0xffff;
}
