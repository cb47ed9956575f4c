/**
 * A base in command form: the events of a snapshot as the commands that make the data again. What has no commands, such as the values of
 * modules, stands there as RESTORE.
 *
 * Servers begin such a base with an annotation when they write those at all, and put no transaction into it (aof.c of Redis 7.0,
 * rewriteAppendOnlyFileRio).
 */
import { ByteWriter } from "@holdfast/bytes";
import type { File } from "@holdfast/platform";
import {
  type CommandSink,
  type CommandTarget,
  EventCommands,
  type FileOrigin,
  isLoss,
  type LeftOutPart,
} from "@holdfast/rdb";
import { type AofSnapshot, eachEvent } from "./snapshot.ts";

/** Pieces are written from this size on. */
const WRITE_BYTES = 1 << 20;

export interface CommandBaseOptions {
  /** The server that has to load it. */
  readonly target: CommandTarget;
  /** Called for data that commands cannot say to the target. No default: returning loses it, throwing ends the rewrite. */
  readonly onLoss: (loss: LeftOutPart) => void;
  /** Unix seconds for the annotation in front; none when undefined. */
  readonly annotationSec?: number | undefined;
}

/** Appends all commands. Throws FileError, and what `onLoss` and the snapshot throw. */
export async function writeCommandBase(
  file: File,
  snapshot: AofSnapshot,
  options: CommandBaseOptions,
): Promise<void> {
  const { target, onLoss, annotationSec } = options;
  const writer = new ByteWriter();
  let origin: FileOrigin | undefined;
  const commands = new EventCommands({
    sink: sinkInto(writer),
    form: "commands",
    target: () => target,
    origin: () =>
      origin ?? { dialect: target.family === "valkey" ? "valkey" : "redis", version: target.rdbVersion },
    isReplacing: false,
    leaveOut: (part) => {
      if (isLoss(part.kind)) onLoss(part);
    },
  });
  if (annotationSec !== undefined) writer.ascii(`#TS:${annotationSec}\r\n`);
  const flush = async (atLeastBytes: number) => {
    if (writer.size >= atLeastBytes) await file.append(writer.take());
  };
  await eachEvent(
    snapshot,
    (event) => {
      if (event.kind === "header") origin = event;
      if (event.kind === "damage") throw event.error;
      commands.take(event);
    },
    () => flush(WRITE_BYTES),
  );
  await flush(1);
}

function sinkInto(writer: ByteWriter): CommandSink {
  return {
    byte: (value) => writer.u8(value),
    bytes: (source, start = 0, end = source.length) => writer.bytes(source.subarray(start, end)),
    ascii: (text) => writer.ascii(text),
    integer: (value) => writer.ascii(String(value)),
  };
}
