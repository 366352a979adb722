/** One line of `/proc/self/mountinfo`, as far as the lab needs it. */
export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
}

/** The mounts of this process's mount namespace, in the order in which they were made. */
export function readMounts(): Mount[] {
  return parseMountTable(Deno.readTextFileSync("/proc/self/mountinfo"));
}

/** Reads the format of proc_pid_mountinfo(5). */
export function parseMountTable(text: string): Mount[] {
  return text.trimEnd().split("\n").flatMap((line) => {
    // Optional fields make the distance between the two halves vary; a lone hyphen divides them.
    const [left, right] = line.split(" - ");
    const [mountPoint, type] = [left?.split(" ")[4], right?.split(" ")[0]];
    if (mountPoint === undefined || type === undefined) return [];
    return [{ mountPoint: unescapeOctal(mountPoint), type }];
  });
}

/** Spaces, tabs, line feeds and backslashes are written as `\040`, `\011`, … there. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}
