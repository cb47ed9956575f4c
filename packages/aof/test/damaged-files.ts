/**
 * Damaged files, what a check says of them, and what servers do with them: the table that outcomes.ts and repair stand on.
 *
 * Each begins with two keys, k1 and k2, that were acknowledged; `soundTo` is counted from behind them.
 */
import type { AofProblemCode, AofVerdict, DamageClass, ServerOutcome } from "../src/index.ts";
import { log } from "./memory-disk.ts";

export const START = log("SELECT 0", "SET k1 v1", "SET k2 v2");
const SET = log("SET k3 v3");

export interface DamagedFile {
  readonly name: string;
  /** Behind START. */
  readonly bytes: string;
  readonly verdict: AofVerdict;
  /** The gravest problem. */
  readonly code: AofProblemCode | undefined;
  readonly class?: DamageClass;
  /** Where the damage is, and up to where the file is sound, from the end of START on. */
  readonly at?: number;
  readonly soundTo: number;
  /** What a server does: Redis 7.0, and others where they differ. */
  readonly redis: ServerOutcome;
  readonly valkey?: ServerOutcome;
  /** Keys that a server holds that loads it, beside k1 and k2, as key=value. */
  readonly keys?: readonly string[];
}

export const damagedFiles: readonly DamagedFile[] = [
  {
    name: "512 zero bytes at the end",
    bytes: SET + "\0".repeat(512),
    verdict: "repairable",
    code: "AOF_TORN",
    class: "torn",
    at: SET.length,
    soundTo: SET.length,
    redis: "refuses",
  },
  {
    name: "the last value and its end replaced by zeros",
    bytes: SET.slice(0, -4) + "\0".repeat(4),
    verdict: "repairable",
    code: "AOF_TORN",
    class: "torn",
    at: SET.length - 2,
    soundTo: 0,
    redis: "loads-other-data",
    keys: ["k3=\0\0"],
  },
  {
    name: "the last value, its end and a sector behind it replaced by zeros",
    bytes: SET.slice(0, -4) + "\0".repeat(600),
    verdict: "repairable",
    code: "AOF_TORN",
    class: "torn",
    at: SET.length - 2,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "other bytes instead of CR LF, in the middle",
    bytes: `${SET.slice(0, -2)}xy${log("SET k4 v4")}`,
    verdict: "needs-decision",
    code: "AOF_DEVIATION",
    soundTo: SET.length + log("SET k4 v4").length,
    redis: "loads-other-data",
    keys: ["k3=v3", "k4=v4"],
  },
  {
    name: "an array without elements",
    bytes: `*0\r\n${SET}`,
    verdict: "needs-decision",
    code: "AOF_CORRUPT",
    class: "corrupt",
    at: 1,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "a lone star at the end",
    bytes: "*",
    verdict: "repairable",
    code: "AOF_TRUNCATED",
    class: "truncated",
    at: 1,
    soundTo: 0,
    redis: "cuts",
  },
  {
    name: "lines that end in LF alone",
    bytes: SET.replaceAll(/([*$]\d)\r/g, "$1"),
    verdict: "needs-decision",
    code: "AOF_DEVIATION",
    soundTo: SET.length - 4,
    redis: "loads-other-data",
    keys: ["k3=v3"],
  },
  {
    name: "a size of -1",
    bytes: "*3\r\n$3\r\nSET\r\n$2\r\nk3\r\n$-1\r\n",
    verdict: "repairable",
    code: "AOF_CORRUPT",
    class: "corrupt",
    at: 22,
    soundTo: 0,
    redis: "crashes",
  },
  {
    name: "an unknown command",
    bytes: log("NOSUCH x"),
    verdict: "refused",
    code: "AOF_UNKNOWN_COMMAND",
    soundTo: log("NOSUCH x").length,
    redis: "refuses",
  },
  {
    name: "a command with too few arguments",
    bytes: log("SET k3"),
    verdict: "refused",
    code: "AOF_WRONG_ARITY",
    soundTo: log("SET k3").length,
    redis: "crashes",
    valkey: "refuses",
  },
  {
    name: "a command for another type",
    bytes: log("LPUSH k1 x", "SET k3 v3"),
    verdict: "sound",
    code: undefined,
    soundTo: log("LPUSH k1 x", "SET k3 v3").length,
    redis: "loads",
    keys: ["k3=v3"],
  },
  {
    name: "a command that only reads",
    bytes: log("GET k1"),
    verdict: "sound",
    code: "AOF_READ_COMMAND",
    soundTo: log("GET k1").length,
    redis: "loads",
  },
  {
    name: "an annotation that nobody knows",
    bytes: `#HDR:v1;len:3\r\n${SET}`,
    verdict: "sound",
    code: "AOF_UNKNOWN_ANNOTATION",
    soundTo: SET.length + 15,
    redis: "loads",
    keys: ["k3=v3"],
  },
  {
    name: "a db that is not there",
    bytes: log("SELECT 99", "SET k3 v3"),
    verdict: "refused",
    code: "AOF_BAD_SELECT",
    soundTo: log("SELECT 99", "SET k3 v3").length,
    redis: "loads-other-data",
    keys: ["k3=v3"],
  },
  {
    name: "EXEC without MULTI",
    bytes: log("EXEC", "SET k3 v3"),
    verdict: "sound",
    code: "AOF_STRAY_EXEC",
    soundTo: log("EXEC", "SET k3 v3").length,
    redis: "loads",
    keys: ["k3=v3"],
  },
  {
    name: "MULTI in MULTI",
    bytes: log("MULTI", "SET k3 v3", "MULTI", "SET k4 v4", "EXEC"),
    verdict: "sound",
    code: "AOF_NESTED_MULTI",
    soundTo: log("MULTI", "SET k3 v3", "MULTI", "SET k4 v4", "EXEC").length,
    redis: "loads",
    keys: ["k3=v3", "k4=v4"],
  },
  {
    name: "100 zeros in the middle",
    bytes: `${"\0".repeat(100)}${SET}`,
    verdict: "needs-decision",
    code: "AOF_CORRUPT",
    class: "corrupt",
    at: 0,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "a sector of zeros in the middle",
    bytes: `${"\0".repeat(512)}${SET}`,
    verdict: "needs-decision",
    code: "AOF_TORN",
    class: "torn",
    at: 0,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "an inline command",
    bytes: "SET k3 v3\r\n",
    verdict: "repairable",
    code: "AOF_CORRUPT",
    class: "corrupt",
    at: 0,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "a blank line",
    bytes: "\r\n",
    verdict: "repairable",
    code: "AOF_CORRUPT",
    class: "corrupt",
    at: 0,
    soundTo: 0,
    redis: "refuses",
  },
  {
    name: "an annotation of more than 1023 bytes",
    bytes: `#${"x".repeat(1100)}\r\n${SET}`,
    verdict: "needs-decision",
    code: "AOF_LONG_ANNOTATION",
    soundTo: 1103 + SET.length,
    redis: "refuses",
  },
  {
    name: "MULTI and no EXEC",
    bytes: log("MULTI", "SET k3 v3"),
    verdict: "repairable",
    code: "AOF_OPEN_UNIT",
    class: "truncated",
    at: log("MULTI", "SET k3 v3").length,
    soundTo: 0,
    redis: "cuts",
  },
  {
    name: "an annotation without its end",
    bytes: "#TS:170",
    verdict: "repairable",
    code: "AOF_UNENDED_ANNOTATION",
    class: "truncated",
    at: 7,
    soundTo: 0,
    redis: "loads",
  },
];
