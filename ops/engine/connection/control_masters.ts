import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { shellQuote } from "./quote.ts";

/** How long a master may take to answer. */
const answerTimeout = "5s";

/**
 * Makes the directory for the sockets of ssh's masters. Whoever could write there could be the
 * master of our connections, so it must be ours alone.
 *
 * @throws {ConfigError} when it is somebody else's, or others may write to it.
 */
export function makeControlDirectory(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const { isDirectory, uid, mode } = Deno.lstatSync(path);
  if (isDirectory && uid === Deno.uid() && ((mode ?? 0) & 0o077) === 0) return;
  throw new ConfigError(
    `Cannot keep the sockets of ssh in ${quote(path)} as only you may have access to it: current ` +
      `owner is ${uid}, current mode is ${((mode ?? 0) & 0o7777).toString(8)}; ` +
      `remove it or correct that with "chmod 700"`,
  );
}

/** Ends all masters that have their sockets in `directory`, and with them what they carry. */
export async function closeMasters(directory: string): Promise<void> {
  const sockets: string[] = [];
  for (const entry of Deno.readDirSync(directory)) {
    if (!entry.isFile && !entry.isDirectory) sockets.push(`${directory}/${entry.name}`);
  }
  await Promise.all(sockets.map((socket) => tellMaster(socket, "exit")));
}

/** Keeps new connections from the master at `socket`, if there is one, which may be for others yet. */
export async function retireMaster(socket: string): Promise<void> {
  await tellMaster(socket, "stop");
}

async function tellMaster(socket: string, command: "exit" | "stop"): Promise<void> {
  // Only here, as loading it takes longer (70 ms) than 20 commands over masters that are up.
  const { $ } = await import("zx/core");
  const run = $({
    ...{ shell: "/bin/sh", prefix: "exec ", quote: shellQuote },
    ...{ quiet: true, nothrow: true },
  });
  const path = socket.replaceAll("%", "%%");
  await run`ssh -F none -O ${command} -S ${path} -- master`.timeout(answerTimeout);
}
