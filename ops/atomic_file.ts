/**
 * Replaces a file in one step: whoever reads it sees all of the old or all of the new contents, also
 * when the machine fails in between.
 *
 * @param mode Permission bits, set before the contents are written, whatever the umask is; a secret
 *   wants `0o600`. By default `0o644` as far as the umask lets it.
 * @throws {Error} what the file system says; the temporary file is gone then.
 */
export function writeFileAtomically(
  path: string,
  contents: string | Uint8Array,
  mode?: number,
): void {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const temporary = `${path}.${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    using file = Deno.openSync(temporary, { createNew: true, write: true, mode: mode ?? 0o644 });
    if (mode !== undefined && Deno.build.os !== "windows") Deno.chmodSync(temporary, mode);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    file.syncSync(); // or a power cut may leave the new name on an empty file
    Deno.renameSync(temporary, path);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made; the first error says why.
    }
    throw error;
  }
}
