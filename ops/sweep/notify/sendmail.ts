import { quote } from "../../../tunnel/printable.ts";
import type { Environment } from "../../state_home.ts";
import { DeliveryError, type DeliveryLimits } from "./delivery.ts";

/** The environment variable that names another program than Debian's. */
export const sendmailVariable = "ZTNA_SENDMAIL";

/** What is shown of what it says, in bytes. */
const maxOutputBytes = 4096;

/** The program that takes mail: `/usr/sbin/sendmail` is every mail server's on Debian. */
export function sendmailProgram(environment: Environment): string {
  return environment.get(sendmailVariable) || "/usr/sbin/sendmail";
}

/**
 * Gives a mail to a program with the interface of sendmail: `-t` takes the receivers from the mail,
 * `-i` lets a line with a dot alone be one.
 *
 * @throws {DeliveryError} when it does not take it.
 */
export async function sendMail(
  program: string,
  text: string,
  { deadline, signal }: DeliveryLimits,
): Promise<void> {
  const child = start(program);
  const leftMs = Math.max(1, deadline - performance.now());
  const timeout = AbortSignal.timeout(leftMs);
  const end = AbortSignal.any([timeout, signal]);
  const kill = (): void => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  end.addEventListener("abort", kill);
  try {
    const [said, { code }] = await Promise.all([
      firstBytes(child.stderr),
      child.status,
      feed(child.stdin, text),
    ]);
    signal.throwIfAborted();
    if (timeout.aborted) {
      throw new DeliveryError(`${program} did not end within ${(leftMs / 1000).toFixed(1)} s`);
    }
    if (code !== 0) {
      const words = said.trim() === "" ? "" : `: ${quote(said.trim(), 300)}`;
      throw new DeliveryError(`${program} has ended with code ${code}${words}`);
    }
  } finally {
    end.removeEventListener("abort", kill);
    kill();
  }
}

function start(program: string): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: ["-t", "-i"],
      // Whatever asks there for a terminal, nobody is at it.
      ...{ stdin: "piped", stdout: "null", stderr: "piped" },
    }).spawn();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? `there is no ${program}: install a mail server, or name another program in ` +
        sendmailVariable
      : error instanceof Error
      ? error.message
      : String(error);
    throw new DeliveryError(reason, { cause: error });
  }
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It has ended before it had read everything; its exit code says the rest.
  }
}

/** The first of what a program says; all is read, so that it is not held up. */
async function firstBytes(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < maxOutputBytes) text += decoder.decode(chunk, { stream: true });
  }
  return text.slice(0, maxOutputBytes);
}
