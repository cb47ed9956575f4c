/**
 * LZF unpacked; the instructions are drawn in src/lzf.ts.
 *
 * Copies go 16 or 8 bytes at a time and may write up to 15 bytes too many: the next instruction overwrites them, and the
 * scratch area has room behind the target. Limits are still checked to the byte, before anything is copied.
 */

/** What lzfUnpack() returns for a damaged block; JavaScript then finds out where and why. */
const DAMAGED: i32 = -1;

/**
 * Unpacks [source, sourceEnd) to [target, targetEnd) and returns how many bytes were made, or DAMAGED. Needs 32 bytes
 * that it may touch behind both.
 */
export function lzfUnpack(source: usize, sourceEnd: usize, target: usize, targetEnd: usize): i32 {
  let at = source;
  let out = target;
  while (at < sourceEnd) {
    const control = <usize>load<u8>(at++);
    const room = targetEnd - out;
    if (control < 32) {
      const count = control + 1;
      if (count > room || count > sourceEnd - at) return DAMAGED;
      v128.store(out, v128.load(at));
      if (count > 16) v128.store(out, v128.load(at, 16), 16);
      at += count;
      out += count;
    } else {
      let count = (control >> 5) + 2;
      if (count === 9 && at < sourceEnd) count += <usize>load<u8>(at++);
      if (at >= sourceEnd) return DAMAGED;
      const distance = (((control & 31) << 8) | <usize>load<u8>(at++)) + 1;
      if (distance > out - target || count > room) return DAMAGED;
      // Most copies are short and from far enough: one vector, and no call.
      if (distance >= 16 && count <= 16) v128.store(out, v128.load(out - distance));
      else copyBack(out, distance, count);
      out += count;
    }
  }
  return <i32>(out - target);
}

/** Copies `count` bytes to `out` from `distance` behind it, as if byte by byte. */
function copyBack(out: usize, distance: usize, count: usize): void {
  const end = out + count;
  if (distance >= 16) {
    for (; out < end; out += 16) v128.store(out, v128.load(out - distance));
  } else if (distance >= 8) {
    for (; out < end; out += 8) store<u64>(out, load<u64>(out - distance));
  } else if (distance === 1) {
    memory.fill(out, load<u8>(out - 1), count);
  } else {
    for (; out < end; out++) store<u8>(out, load<u8>(out - distance));
  }
}
