/** Scores and distances of places: golden ones are from Redis 7.0. Searches are held against servers in test/. */
import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { cellsOf } from "./areas.ts";
import { distanceM } from "./distances.ts";
import { exactAsin, exactCos, exactSin } from "./exact-functions.ts";
import { boundsOf, cellOf, placeOf, scoreOf, scoresOf } from "./geohash.ts";

const palermo = { longitude: 13.361389, latitude: 38.115556 };
const catania = { longitude: 15.087269, latitude: 37.502669 };

test("places have the scores that servers give them, to the very edge of the map", () => {
  expect(scoreOf(palermo)).toBe(3479099956230698);
  expect(scoreOf(catania)).toBe(3479447370796909);
  expect(scoreOf({ longitude: -180, latitude: -85.05112878 })).toBe(0);
  expect(scoreOf({ longitude: 180, latitude: 85.05112878 })).toBe(13510798882111488);
  expect(scoreOf({ longitude: 180.1, latitude: 0 })).toBeUndefined();
  expect(scoreOf({ longitude: 0, latitude: Number.NaN })).toBeUndefined();
});

test("distances are those of servers, bit for bit", () => {
  const [from, to] = [placeOf(3479099956230698), placeOf(3479447370796909)];
  expect(distanceM(from, to) / 1000).toBe(166.27415156960032);
  const centre = { longitude: 15, latitude: 37 };
  expect(distanceM(centre, from) / 1000).toBe(190.44242984775784);
  expect(distanceM(centre, to) / 1000).toBe(56.441257870158204);
  expect(distanceM(centre, centre)).toBe(0);
});

test("a place is in the cell of every size that its score is in", () => {
  const random = seededRandom(testSeed());
  for (let round = 0; round < 500; round++) {
    const place = { longitude: random.fraction() * 360 - 180, latitude: random.fraction() * 170 - 85 };
    const score = scoreOf(place)!;
    for (const step of [1, 5, 13, 14, 25, 26]) {
      const cell = cellOf(place, step)!;
      const bounds = boundsOf(cell);
      const [first, end] = scoresOf(cell);
      expect(score >= first && score < end).toBe(true);
      expect(place.latitude >= bounds.latitudeMin && place.latitude <= bounds.latitudeMax).toBe(true);
      expect(place.longitude >= bounds.longitudeMin && place.longitude <= bounds.longitudeMax).toBe(true);
    }
    const decoded = placeOf(score);
    expect(Math.abs(decoded.longitude - place.longitude)).toBeLessThan(360 / 2 ** 26);
    expect(scoreOf(decoded)).toBe(score);
  }
});

test("the cells of a search hold every place of its circle", () => {
  const random = seededRandom(testSeed());
  for (let round = 0; round < 400; round++) {
    const centre = { longitude: random.fraction() * 300 - 150, latitude: random.fraction() * 120 - 60 };
    const radiusM = 10 ** (random.fraction() * 5.5);
    const cells = cellsOf({ kind: "circle", centre, radiusM });
    const spread = (radiusM / 111_000) * 1.2;
    const place = {
      longitude: centre.longitude + (random.fraction() * 2 - 1) * spread,
      latitude: centre.latitude + (random.fraction() * 2 - 1) * spread,
    };
    if (distanceM(centre, place) > radiusM) continue;
    const score = scoreOf(place)!;
    const isCovered = cells.some((cell) => scoresOf(cell)[0] <= score && score < scoresOf(cell)[1]);
    expect(isCovered, `${JSON.stringify({ centre, radiusM, place })}`).toBe(true);
  }
});

test("sine, cosine and arcsine are rounded once", () => {
  expect(exactSin(1)).toBe(0.8414709848078965);
  expect(exactCos(1)).toBe(0.5403023058681398);
  expect(exactAsin(0.5)).toBe(0.5235987755982989);
  expect([exactSin(0), exactCos(0), exactAsin(0), exactAsin(1)]).toEqual([0, 1, 0, Math.PI / 2]);
  // sin(pi) of the double nearest to pi is what that double lacks.
  expect(exactSin(Math.PI)).toBe(1.2246467991473532e-16);
  expect(exactCos(Math.PI / 2)).toBe(6.123233995736766e-17);
  const random = seededRandom(testSeed());
  for (let round = 0; round < 2000; round++) {
    const angle = random.fraction() * 6 - 3;
    for (const [exact, near] of [
      [exactSin(angle), Math.sin(angle)],
      [exactCos(angle), Math.cos(angle)],
      [exactAsin(angle / 3), Math.asin(angle / 3)],
    ])
      expect(Math.abs(exact - near)).toBeLessThanOrEqual(Math.abs(near) * 2.3e-16);
  }
});
