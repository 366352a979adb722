/** Files below a directory that loop devices still hold, as the kernel lets go of them a bit later. */
export function loopFilesBelow(directory: string): string[] {
  return [...Deno.readDirSync("/sys/block")].flatMap(({ name }) => {
    try {
      const file = Deno.readTextFileSync(`/sys/block/${name}/loop/backing_file`).trim();
      return file.startsWith(`${directory}/`) ? [file] : [];
    } catch {
      return []; // no loop device, or one without a file
    }
  });
}
