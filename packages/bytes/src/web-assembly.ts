/**
 * Makes instances of WebAssembly modules that are kept as base64 text: small ones, compiled at once.
 *
 * The compiler's own types of the interface come with those of a browser, so the few that are used stand here.
 */

interface WebAssemblyInterface {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** What the module exports; undefined where there is no WebAssembly (node --jitless). */
export function instantiateModule<Exports extends object>(base64: string): Exports | undefined {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyInterface };
  if (WebAssembly === undefined) return undefined;
  const module = new WebAssembly.Module(Buffer.from(base64, "base64"));
  return new WebAssembly.Instance(module, {}).exports as Exports;
}
