/**
 * Commands that are in logs and that no keyspace can apply, by name and with the reason; and commands that change nothing.
 *
 * Kept commands are held by the keyspace in order. Names that stand nowhere in the table are kept as well, as unknown.
 */
import { type KeptReason, kept, unchanged } from "../outcome.ts";
import { type FamilyRow, rowsOf } from "./command.ts";

/** Vector sets since Redis 8.0, arrays since 8.8. */
const foreignData = [
  ...["VADD", "VREM", "VSETATTR"],
  ...["ARSET", "ARMSET", "ARDEL", "ARDELRANGE", "ARINSERT", "ARRING", "ARSEEK"],
  ...["HIMPORT"],
];

/** Logs of servers before 7.0 can hold them; later ones log what they did. */
const scripts = ["EVAL", "EVALSHA", "FCALL", "SCRIPT"];

/** MIGRATE hands keys to another server, and is logged as the DEL of them. */
const serverState = ["CLUSTER", "MIGRATE"];

function keptRows(names: readonly string[], reason: KeptReason): readonly FamilyRow[] {
  const outcome = kept[reason];
  return rowsOf(
    "not-applied",
    names.map((name) => [name, -1, () => outcome] as const),
  );
}

export const notAppliedCommands = [
  ...keptRows(foreignData, "foreign-data"),
  ...keptRows(scripts, "script"),
  ...keptRows(serverState, "server-state"),
];

/** Read in a log a server runs them, and nothing comes of it. PING, PUBLISH and REPLCONF stand in replication streams. */
const reads =
  `PING ECHO PUBLISH SPUBLISH REPLCONF WAIT WAITAOF ASKING READONLY READWRITE WATCH UNWATCH TIME ROLE LASTSAVE LOLWUT POST HOST: STRALGO CLUSTERSCAN DBSIZE INFO COMMAND CLIENT
  GET MGET GETRANGE SUBSTR STRLEN LCS GETBIT BITCOUNT BITPOS BITFIELD_RO DIGEST
  EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME TOUCH OBJECT DUMP KEYS SCAN RANDOMKEY SORT_RO MEMORY
  LLEN LINDEX LRANGE LPOS SCARD SISMEMBER SMISMEMBER SMEMBERS SRANDMEMBER SSCAN SINTER SUNION SDIFF SINTERCARD
  ZCARD ZCOUNT ZLEXCOUNT ZSCORE ZMSCORE ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX
  ZRANK ZREVRANK ZRANDMEMBER ZSCAN ZUNION ZINTER ZDIFF ZINTERCARD GEOPOS GEODIST GEOHASH GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO
  HGET HMGET HGETALL HKEYS HVALS HLEN HSTRLEN HEXISTS HRANDFIELD HSCAN HTTL HPTTL HEXPIRETIME HPEXPIRETIME
  XLEN XRANGE XREVRANGE XREAD XPENDING XINFO EVAL_RO EVALSHA_RO FCALL_RO
  VSIM VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS VRANDMEMBER VRANGE`.split(/\s+/);

export const readCommands = rowsOf(
  "reads",
  reads.map((name) => [name, -1, () => unchanged] as const),
);
