/** The part of zstd-codec 0.1.5 that is used: the binding under its JavaScript interface, which has no types. */
declare module "zstd-codec/lib/zstd-codec-binding-wasm.js" {
  export interface DecompressStream {
    /** All of these return false when zstd reports an error. */
    begin(): boolean;
    transform(bytes: Uint8Array, emit: (bytes: Uint8Array) => void): boolean;
    end(emit: (bytes: Uint8Array) => void): boolean;
    /** Frees its memory. */
    delete(): void;
  }
  export interface CompressStream {
    begin(level: number): boolean;
    transform(bytes: Uint8Array, emit: (bytes: Uint8Array) => void): boolean;
    end(emit: (bytes: Uint8Array) => void): boolean;
    delete(): void;
  }
  export interface Binding {
    readonly ZstdCompressStreamBinding: new () => CompressStream;
    readonly ZstdDecompressStreamBinding: new () => DecompressStream;
  }
  /** Fills the object given and calls it back when it is ready. Each call makes an instance with memory of its own. */
  export default function load(target: {
    readonly onRuntimeInitialized: () => void;
    readonly onAbort: (reason: unknown) => void;
  }): Binding;
}
