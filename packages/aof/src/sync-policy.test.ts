import { describe, expect, test } from "vitest";
import { decideSync, type FsyncPolicy, type SyncState, type SyncStep } from "./sync-policy.ts";

/** Time is 10 s; the last fsync started 5 s ago. */
const quiet: SyncState = {
  queuedOffset: 100,
  writtenOffset: 100,
  syncedOffset: 100,
  isSyncing: false,
  lastSyncAtMs: 5000,
  postponedAtMs: undefined,
  retryAtMs: undefined,
  nowMs: 10_000,
};
const queued = { queuedOffset: 200 };
const unsynced = { syncedOffset: 50 };
const fresh = { lastSyncAtMs: 9400 };
const syncing = { isSyncing: true, syncedOffset: 50, lastSyncAtMs: 9400 };

const write: SyncStep = { kind: "write", isLate: false };
const writeLate: SyncStep = { kind: "write", isLate: true };
const sync: SyncStep = { kind: "sync" };
const idle: SyncStep = { kind: "idle" };
const until = (untilMs: number | undefined): SyncStep => ({ kind: "wait", untilMs });

const rows: readonly (readonly [FsyncPolicy, string, Partial<SyncState>, SyncStep])[] = [
  ["always", "idles with everything synced", {}, idle],
  ["always", "writes what is queued", queued, write],
  ["always", "syncs what is written, at once", { ...unsynced, ...fresh }, sync],
  ["always", "syncs before it writes more, so that nobody waits for ever", { ...queued, ...unsynced }, sync],
  ["always", "tries a failed write again at its time", { ...queued, retryAtMs: 10_500 }, until(10_500)],
  ["always", "tries a failed write again when that has come", { ...queued, retryAtMs: 10_000 }, write],
  ["everysec", "idles with everything synced", {}, idle],
  ["everysec", "writes what is queued, at once", { ...queued, ...fresh }, write],
  ["everysec", "syncs a second after the last sync started", unsynced, sync],
  ["everysec", "waits for that second", { ...unsynced, ...fresh }, until(10_400)],
  ["everysec", "syncs before it writes more, when it is time", { ...queued, ...unsynced }, sync],
  ["everysec", "writes before it is time", { ...queued, ...unsynced, ...fresh }, write],
  ["everysec", "starts no second sync", { ...syncing, lastSyncAtMs: 1000 }, until(undefined)],
  ["everysec", "puts a write off while it syncs", { ...syncing, ...queued }, until(12_000)],
  [
    "everysec",
    "puts it off for two seconds in all",
    { ...syncing, ...queued, postponedAtMs: 9000 },
    until(11_000),
  ],
  ["everysec", "then writes beside the sync", { ...syncing, ...queued, postponedAtMs: 8000 }, writeLate],
  [
    "everysec",
    "syncs while a write waits to be tried again",
    { ...queued, ...unsynced, retryAtMs: 10_500 },
    sync,
  ],
  [
    "everysec",
    "waits for whichever comes first, sync or another try",
    { ...queued, ...unsynced, ...fresh, retryAtMs: 10_700 },
    until(10_400),
  ],
  ["no", "idles with things unsynced", unsynced, idle],
  ["no", "writes what is queued", { ...queued, ...unsynced }, write],
  [
    "no",
    "writes after a sync that was asked for, but not beside it",
    { ...queued, ...syncing },
    until(12_000),
  ],
];

describe.each(["always", "everysec", "no"] as const)("the policy %s", (policy) => {
  test.each(rows.filter(([each]) => each === policy).map(([, ...row]) => row))(
    "%s",
    (_what, change, step) => {
      expect(decideSync(policy, { ...quiet, ...change })).toEqual(step);
    },
  );
});
