import { shellQuote } from "../../ops/engine/connection/quote.ts";

/** What a window of tmux shows. */
export interface WindowState {
  /** The screen's lines, without spaces at their ends and empty lines at the end. */
  readonly text: string;
  readonly isCursorVisible: boolean;
}

/** How long `waitForText` waits, in ms: far beyond what a slow machine needs. */
const patienceMs = 20_000;

/** A tmux server of our own: a real terminal for programs, which can be read and typed into. */
export class Tmux implements AsyncDisposable {
  readonly #directory: string;
  #windows = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Prepares a server; it starts with its first window. */
  static async open(): Promise<Tmux> {
    return new Tmux(await Deno.makeTempDir({ prefix: "ztna-tmux-" }));
  }

  /**
   * Runs a command in a new window of the given size.
   *
   * @param argv The program and its arguments.
   * @returns the window's number.
   */
  async start(
    argv: readonly string[],
    { columns, rows }: { readonly columns: number; readonly rows: number },
    environment: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const command = argv.map(shellQuote).join(" ");
    const variables = Object.entries(environment).flatMap(([k, v]) => ["-e", `${k}=${v}`]);
    const number = this.#windows++;
    // One session each, as all windows of a session have one size.
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    await this.#run("new-session", "-d", "-s", `w${number}`, ...size, ...variables, command);
    await this.#run("set", "-t", `w${number}`, "status", "off");
    await this.#run("resize-window", "-t", `w${number}`, ...size);
    return number;
  }

  /** Presses keys, by tmux's names: `C-c`, `Enter`, or text. */
  async press(window: number, ...keys: readonly string[]): Promise<void> {
    await this.#run("send-keys", "-t", `w${window}`, ...keys);
  }

  /** Gives a window another size. */
  async resize(window: number, columns: number, rows: number): Promise<void> {
    await this.#run("resize-window", "-t", `w${window}`, "-x", `${columns}`, "-y", `${rows}`);
  }

  /** What a window shows now. */
  async read(window: number): Promise<WindowState> {
    const captured = await this.#run("capture-pane", "-p", "-t", `w${window}`);
    const flag = await this.#run("display-message", "-p", "-t", `w${window}`, "#{cursor_flag}");
    const text = captured.split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
    return { text, isCursorVisible: flag.trim() === "1" };
  }

  /**
   * Waits until a window shows what is expected, and returns it.
   *
   * @throws with what it shows in the end.
   */
  async waitFor(
    window: number,
    isExpected: (state: WindowState) => boolean,
    what: string,
  ): Promise<WindowState> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const state = await this.read(window);
      if (isExpected(state)) return state;
      if (performance.now() > deadline) {
        throw new Error(`Waited ${patienceMs} ms in vain for ${what}: it shows\n${state.text}`);
      }
    }
  }

  /** Ends the server and all that runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#windows > 0) await this.#run("kill-server").catch(() => {});
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-f", "/dev/null", "-S", `${this.#directory}/socket`, ...args],
      stdin: "null",
      env: { TERM: "xterm-256color", TMUX: "" },
    }).output();
    const [output, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (code !== 0) throw new Error(`tmux ${args[0]}: ${error}`);
    return output ?? "";
  }
}
