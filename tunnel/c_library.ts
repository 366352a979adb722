/**
 * Where Debian and Ubuntu have the C library: a permission for certain libraries
 * (`--allow-ffi=PATH`) is one for paths.
 *
 * @param arch The processor, as Linux and `Deno.build` name it.
 */
export function cLibraryPath(arch: string): string {
  return `/lib/${arch}-linux-gnu/libc.so.6`;
}

/** By its name, for the linker to find, and by its path. */
const cLibraryPaths = ["libc.so.6", cLibraryPath(Deno.build.arch)];

/**
 * Functions of Linux' C library, or `undefined` where they are not to be had: another system,
 * another C library, or not permitted.
 */
export function openCLibrary<Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols>["symbols"] | undefined {
  if (Deno.build.os !== "linux") return undefined;
  for (const path of cLibraryPaths) {
    try {
      return Deno.dlopen(path, symbols).symbols;
    } catch {
      // The next one, if any.
    }
  }
  return undefined;
}
