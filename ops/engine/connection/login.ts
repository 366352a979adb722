import { quote } from "../../../tunnel/printable.ts";
import { UnreachableError } from "../errors.ts";
import { becomeFailure } from "./become_failure.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { MarkerSplitter } from "./marker_splitter.ts";
import type { SessionCommand } from "./session_command.ts";
import { sessionProgram, textLine } from "./session_program.ts";
import type { ShellProcess } from "./shell_process.ts";
import { lastLine, sshFailure } from "./ssh_failure.ts";

/** What is kept of the text in front of the hello, per stream, in UTF-16 units: its end. */
const maxKeptLength = 16 * 1024;
/** What ssh's code is when ssh itself has failed. */
const sshFailureCode = 255;

/** A session that is about to say hello. */
export interface Login {
  readonly process: ShellProcess;
  readonly settings: ConnectionSettings;
  readonly command: SessionCommand;
  /** Marks the hello of the shell, where it says one. */
  readonly shellNonce: string;
  /** Marks what the session says, and its hello. */
  readonly nonce: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Makes a session of a shell: sends its program, and waits until that says hello, past whatever else
 * the host has to say. Gives sudo the password if, and only if, it asks.
 *
 * @throws {UnreachableError} when there is no hello in time.
 * @throws the signal's reason when it aborts.
 */
export async function logIn(login: Login): Promise<void> {
  const { process, command, shellNonce, nonce, timeoutMs, signal } = login;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const [shell, session] = [new MarkerSplitter(shellNonce), new MarkerSplitter(nonce)];
  const dialogue = new Dialogue(login, reject);
  const sendProgram = (): void => void process.send(textLine(sessionProgram(nonce)));
  process.listen((stream, chunk) => {
    if (stream === "stderr") return dialogue.readErrors(chunk);
    dialogue.readNoise(chunk);
    if (shell.push(chunk).includes("hello")) sendProgram();
    if (session.push(chunk).includes("hello")) resolve();
  });
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  const timer = setTimeout(() => reject(dialogue.timeoutError()), timeoutMs);
  process.exited.then((code) => reject(dialogue.exitError(code)));
  if (command.passwordPrompt === undefined) sendProgram();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    process.listen(() => {});
  }
}

/** What is said until there is a hello. */
class Dialogue {
  readonly #login: Login;
  readonly #refuse: (error: UnreachableError) => void;
  readonly #decoder = new TextDecoder();
  #errors = "";
  #noise = "";
  #answered = false;

  constructor(login: Login, refuse: (error: UnreachableError) => void) {
    this.#login = login;
    this.#refuse = refuse;
  }

  readErrors(chunk: Uint8Array): void {
    const { settings, command } = this.#login;
    this.#errors += this.#decoder.decode(chunk, { stream: true });
    const { passwordPrompt } = command;
    while (passwordPrompt !== undefined && this.#errors.includes(passwordPrompt)) {
      // Away with it, so that the next one is the next one.
      this.#errors = this.#errors.replace(passwordPrompt, "");
      if (this.#answered) return this.#refuse(becomeFailure(settings, this.#errors));
      this.#answer();
    }
    this.#errors = this.#errors.slice(-maxKeptLength);
  }

  #answer(): void {
    const { process, settings } = this.#login;
    this.#answered = true;
    void process.send(textLine(settings.become?.password?.reveal() ?? ""));
  }

  readNoise(chunk: Uint8Array): void {
    this.#noise = (this.#noise + new TextDecoder().decode(chunk)).slice(-maxKeptLength);
  }

  timeoutError(): UnreachableError {
    const { settings, timeoutMs } = this.#login;
    const { host, transport } = settings;
    const seconds = timeoutMs / 1000;
    if (transport === "local" || /^Authenticated to /m.test(this.#errors)) {
      return new UnreachableError(
        host,
        "shell",
        `Cannot use ${quote(host)} as its shell must be ready ${seconds} s after the connection ` +
          `was begun: the login has worked, but then nothing came; check what the user's shell ` +
          `runs at login (${quote(this.#lastWord(), 300)})`,
      );
    }
    return new UnreachableError(
      host,
      "network",
      `Cannot connect to ${quote(host)} as it must answer within ${seconds} s: nothing came from ` +
        `${quote(settings.address)}; check that the host is up, and what is between`,
    );
  }

  exitError(code: number): UnreachableError {
    const { settings } = this.#login;
    const { host, transport, become } = settings;
    if (transport === "ssh" && code === sshFailureCode) return sshFailure(settings, this.#errors);
    if (become !== undefined && /sudo|Sorry/.test(this.#errors)) {
      return becomeFailure(settings, this.#errors);
    }
    return new UnreachableError(
      host,
      "shell",
      `Cannot use ${quote(host)} as the login must give a shell: it ended with code ${code} ` +
        `(${quote(this.#lastWord(), 300)}); check the user's shell on the host`,
    );
  }

  #lastWord(): string {
    return lastLine(`${this.#noise}\n${this.#errors}`);
  }
}
