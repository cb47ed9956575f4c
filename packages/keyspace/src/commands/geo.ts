/**
 * GEOADD, which servers log as ZADD, and the searches that store what they find: GEOSEARCHSTORE, GEORADIUS and GEORADIUSBYMEMBER.
 *
 * A log has these as a client sent them, so that the search is done again here, distances and all.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Shape } from "../geo/areas.ts";
import { type Place, placeOf, scoreOf } from "../geo/geohash.ts";
import { type FoundPlace, searchPlaces } from "../geo/search.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { partialSort } from "../sorting/partial-sort.ts";
import { ZsetValue } from "../values/zset-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";

const metresOf: Readonly<Record<string, number>> = { M: 1, KM: 1000, FT: 0.3048, MI: 1609.34 };

const badUnit = new Refusal("ERR unsupported unit provided. please use M, KM, FT, MI");
const noMember = new Refusal("ERR could not decode requested zset member");

/** What a search is told beside its centre; shapes in metres. */
interface Search {
  shape: ((centre: Place) => Shape) | undefined;
  centre:
    | { readonly kind: "place"; readonly place: Place }
    | { readonly kind: "member"; readonly member: string }
    | undefined;
  /** Metres of the unit in which distances are stored. */
  unitM: number;
  order: "asc" | "desc" | undefined;
  /** 0 for all. */
  count: number;
  any: boolean;
  /** Where the result goes; undefined when it is only answered. */
  target: string | undefined;
  storesDistances: boolean;
}

/** GEOADD key [NX | XX] [CH] longitude latitude member … */
function add({ db }: CommandContext, args: CommandArguments): Outcome {
  let first = 2;
  let onlyNew = false;
  let onlyOld = false;
  for (; first < args.count; first++) {
    if (args.is(first, "NX")) onlyNew = true;
    else if (args.is(first, "XX")) onlyOld = true;
    else if (!args.is(first, "CH")) break;
  }
  if ((args.count - first) % 3 !== 0 || first === args.count || (onlyNew && onlyOld)) throw refusal.syntax;
  const places: [member: string, score: number][] = [];
  for (let at = first; at < args.count; at += 3)
    places.push([args.text(at + 2), scoreOf(placeAt(args, at))!]);
  const key = args.text(1);
  const found = db.find(key, ZsetValue);
  // In order, as servers do: a member may come twice.
  const changes = new Map<string, number>();
  for (const [member, score] of places) {
    const before = changes.get(member) ?? found?.score(member);
    if (before === undefined ? onlyOld : onlyNew || before === score) continue;
    changes.set(member, score);
  }
  if (changes.size === 0) return unchanged;
  const zset = db.editOrCreate(key, ZsetValue);
  for (const [member, score] of changes) zset.put(member, score);
  return applied;
}

/** GEORADIUS key longitude latitude radius unit [options] */
function radius(context: CommandContext, args: CommandArguments): Outcome {
  const search = emptySearch();
  search.centre = { kind: "place", place: placeAt(args, 2) };
  readCircle(search, args, 4);
  for (let at = 6; at < args.count; ) at = readRadiusOption(search, args, at);
  return run(context, args.text(1), search);
}

/** GEORADIUSBYMEMBER key member radius unit [options] */
function radiusByMember(context: CommandContext, args: CommandArguments): Outcome {
  const search = emptySearch();
  search.centre = { kind: "member", member: args.text(2) };
  readCircle(search, args, 3);
  for (let at = 5; at < args.count; ) at = readRadiusOption(search, args, at);
  return run(context, args.text(1), search);
}

/** GEOSEARCHSTORE target key FROMMEMBER | FROMLONLAT … BYRADIUS | BYBOX … [options] */
function searchStore(context: CommandContext, args: CommandArguments): Outcome {
  const search = emptySearch();
  search.target = args.text(1);
  for (let at = 3; at < args.count; ) at = readSearchOption(search, args, at);
  return run(context, args.text(2), search);
}

function run({ db }: CommandContext, key: string, search: Search): Outcome {
  const { centre, shape, target, any } = search;
  if (centre === undefined || shape === undefined || (any && search.count === 0)) throw refusal.syntax;
  const zset = db.find(key, ZsetValue);
  if (target === undefined) return unchanged;
  if (zset === undefined) return appliedIf(db.delete(target));
  const place = centre.kind === "place" ? centre.place : placeOfMember(zset, centre.member);
  const found = searchPlaces(zset, shape(place), any ? search.count : Number.POSITIVE_INFINITY);
  const chosen = choose(found, search);
  if (chosen.length === 0) return appliedIf(db.delete(target));
  const result = new ZsetValue(db.slabs);
  for (const { member, score, distanceM } of chosen)
    result.put(member, search.storesDistances ? distanceM / search.unitM : score);
  db.replace(target, result);
  return applied;
}

/** The first ones in the order that is wanted; a count alone means the nearest ones. */
function choose(found: FoundPlace[], { order, count, any }: Search): FoundPlace[] {
  if (count === 0 || count >= found.length) return found;
  const sorted = order ?? (any ? undefined : "asc");
  if (sorted !== undefined) {
    const sign = sorted === "asc" ? 1 : -1;
    partialSort(found, (first, second) => sign * compareDistance(first, second), 0, count - 1);
  }
  return found.slice(0, count);
}

function compareDistance(first: FoundPlace, second: FoundPlace): number {
  if (first.distanceM === second.distanceM) return 0;
  return first.distanceM > second.distanceM ? 1 : -1;
}

function placeOfMember(zset: ZsetValue, member: string): Place {
  const score = zset.score(member);
  if (score === undefined) throw noMember;
  return placeOf(score);
}

function emptySearch(): Search {
  return {
    shape: undefined,
    centre: undefined,
    unitM: 1,
    order: undefined,
    count: 0,
    any: false,
    target: undefined,
    storesDistances: false,
  };
}

/** Reads the option at `at` and answers where the next one begins. */
function readSearchOption(search: Search, args: CommandArguments, at: number): number {
  const more = args.count - at - 1;
  if (args.is(at, "FROMMEMBER") && more >= 1 && search.centre === undefined) {
    search.centre = { kind: "member", member: args.text(at + 1) };
    return at + 2;
  }
  if (args.is(at, "FROMLONLAT") && more >= 2 && search.centre === undefined) {
    search.centre = { kind: "place", place: placeAt(args, at + 1) };
    return at + 3;
  }
  if (args.is(at, "BYRADIUS") && more >= 2 && search.shape === undefined) {
    readCircle(search, args, at + 1);
    return at + 3;
  }
  if (args.is(at, "BYBOX") && more >= 3 && search.shape === undefined) {
    const unitM = unitAt(args, at + 3);
    const [widthM, heightM] = [lengthAt(args, at + 1) * unitM, lengthAt(args, at + 2) * unitM];
    search.unitM = unitM;
    search.shape = (centre) => ({ kind: "box", centre, widthM, heightM });
    return at + 4;
  }
  if (args.is(at, "STOREDIST")) {
    search.storesDistances = true;
    return at + 1;
  }
  return readCommonOption(search, args, at);
}

function readRadiusOption(search: Search, args: CommandArguments, at: number): number {
  const isStore = args.is(at, "STORE") || args.is(at, "STOREDIST");
  if (isStore && at + 1 < args.count) {
    search.target = args.text(at + 1);
    search.storesDistances = args.is(at, "STOREDIST");
    return at + 2;
  }
  return readCommonOption(search, args, at);
}

function readCommonOption(search: Search, args: CommandArguments, at: number): number {
  if (args.is(at, "ASC") || args.is(at, "DESC")) {
    search.order = args.is(at, "ASC") ? "asc" : "desc";
    return at + 1;
  }
  if (args.is(at, "ANY")) {
    search.any = true;
    return at + 1;
  }
  if (args.is(at, "COUNT") && at + 1 < args.count) {
    search.count = args.integer(at + 1);
    if (search.count <= 0) throw new Refusal("ERR COUNT must be > 0");
    return at + 2;
  }
  if (args.is(at, "WITHDIST") || args.is(at, "WITHHASH") || args.is(at, "WITHCOORD")) return at + 1;
  throw refusal.syntax;
}

function readCircle(search: Search, args: CommandArguments, at: number): void {
  const unitM = unitAt(args, at + 1);
  const radiusM = lengthAt(args, at) * unitM;
  search.unitM = unitM;
  search.shape = (centre) => ({ kind: "circle", centre, radiusM });
}

function lengthAt(args: CommandArguments, index: number): number {
  const length = args.double(index, new Refusal("ERR need numeric radius"));
  if (length < 0) throw new Refusal("ERR radius cannot be negative");
  return length;
}

function unitAt(args: CommandArguments, index: number): number {
  const name = args.word(index);
  if (!Object.hasOwn(metresOf, name)) throw badUnit;
  return metresOf[name];
}

function placeAt(args: CommandArguments, index: number): Place {
  const place = { longitude: args.double(index), latitude: args.double(index + 1) };
  if (scoreOf(place) === undefined)
    throw new Refusal(
      `ERR invalid longitude,latitude pair ${place.longitude.toFixed(6)},${place.latitude.toFixed(6)}`,
    );
  return place;
}

export const geoCommands = rowsOf("geo", [
  ["GEOADD", -5, add],
  ["GEORADIUS", -6, radius],
  ["GEORADIUSBYMEMBER", -5, radiusByMember],
  ["GEOSEARCHSTORE", -8, searchStore],
]);
