/** Reads the corpus inside this process, synchronously: whole pieces of 1 MiB, or the events of the decoder. */
import { closeSync, openSync, readSync } from "node:fs";
import { RdbDecoder, type RdbDecoderOptions, type RdbEvent } from "@holdfast/rdb";

const chunkBytes = 1 << 20;

/** Reads front to back until `use` returns false. A chunk stays as it is until `use` has been called for the next one. */
export function eachChunk(path: string, use: (chunk: Uint8Array) => boolean): void {
  const file = openSync(path, "r");
  try {
    // Two in turn: the decoder still reads the one before when it is given the next.
    let [buffer, other] = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)];
    for (;;) {
      const count = readSync(file, buffer);
      if (count === 0 || !use(buffer.subarray(0, count))) return;
      [buffer, other] = [other, buffer];
    }
  } finally {
    closeSync(file);
  }
}

/** Decodes front to back until `use` returns false; events are borrowed until it returns. */
export function eachEvent(path: string, options: RdbDecoderOptions, use: (event: RdbEvent) => boolean): void {
  const decoder = new RdbDecoder(options);
  let goesOn = true;
  const drain = () => {
    for (let event = decoder.next(); goesOn && event !== undefined; event = decoder.next())
      goesOn = use(event);
    return goesOn;
  };
  eachChunk(path, (chunk) => {
    decoder.push(chunk);
    return drain();
  });
  if (!goesOn) return;
  decoder.end();
  drain();
}
