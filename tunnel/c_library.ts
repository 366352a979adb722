/**
 * The C library by its name, for the linker to find, and where Debian and Ubuntu have it: a
 * permission for certain libraries (`--allow-ffi=PATH`) is one for paths.
 */
export const cLibraryPaths: readonly string[] = [
  "libc.so.6",
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
];

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
