import { existsSync } from "node:fs";
import { skipWithout } from "./debian_program.ts";
import { waitFor } from "./wait.ts";

/** Debian's, and what GitHub's runners have, as Ubuntu's package is a snap. */
const programs = ["/usr/bin/chromium", "/usr/bin/google-chrome"] as const;
const chromium = programs.find((file) => existsSync(file)) ?? programs[0];

/** Why tests that need a browser are left out here, or `false` when they can run. */
export function skipWithoutBrowser(): string | false {
  return skipWithout(chromium, "chromium");
}

/** How long a browser may take for anything, in ms: a slow machine starts it in some seconds. */
const timeoutMs = 30_000;

/** An answer or an event of Chromium's DevTools protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/**
 * A headless Chromium with one page, spoken to in its DevTools protocol. It has a profile of its
 * own, which goes with it.
 */
export class Browser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  readonly #complaints: string[] = [];
  readonly #requests: string[] = [];
  #session: string | undefined;
  #lastId = 0;
  #loads = 0;

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }): void => this.#receive(JSON.parse(data));
    socket.onclose = (): void => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The browser has ended"));
      this.#waiting.clear();
    };
  }

  /** Starts one, with an empty page. */
  static async open(): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "ztna-browser-" });
    const process = new Deno.Command(chromium, {
      args: [
        "--headless=new",
        "--no-sandbox", // as root there is none, and the pages are our own
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    try {
      const socket = await connect(await devToolsUrl(process.stderr));
      const browser = new Browser(process, profile, socket);
      await browser.#attach();
      return browser;
    } catch (error) {
      await end(process, profile);
      throw error;
    }
  }

  /** Directory of its files, by which its processes can be told from all others. */
  get profile(): string {
    return this.#profile;
  }

  /** Errors of the console and exceptions that nothing caught, since the browser was started. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  /** Addresses of everything that pages asked for, themselves included. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  /** Sets the size of the page, in px. */
  async resize(width: number, height: number): Promise<void> {
    await this.#send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  /** Has pages follow a preference for `light` or `dark` colours. */
  async emulateColorScheme(scheme: "light" | "dark"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** Opens an address and waits until it is loaded. */
  async navigate(url: string): Promise<void> {
    const before = this.#loads;
    const { errorText } = await this.#send("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`Cannot open ${url}: ${errorText}`);
    await waitFor(() => this.#loads > before, `the load of ${url}`, timeoutMs);
  }

  /**
   * The value of a JavaScript expression in the page, as JSON; a promise is waited for.
   *
   * @throws what the expression throws.
   */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(`Cannot evaluate in the page: ${JSON.stringify(exceptionDetails)}`);
    }
    return (result as { value: T }).value;
  }

  /** A picture of what is seen of the page. */
  async screenshot(
    options: { format?: "png" | "webp"; quality?: number } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png", ...options });
    return Uint8Array.fromBase64(String(data));
  }

  /** Ends the browser's processes and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([
      this.#send("Browser.close", {}, false).catch(() => {}),
      this.#process.status,
    ]);
    this.#socket.close();
    await end(this.#process, this.#profile);
  }

  async #attach(): Promise<void> {
    const { targetInfos } = await this.#send("Target.getTargets", {}, false);
    const page = (targetInfos as { targetId: string; type: string }[]).find(({ type }) =>
      type === "page"
    );
    if (page === undefined) throw new Error("Cannot use the browser as it has no page");
    const { targetId } = page;
    const { sessionId } = await this.#send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await this.#send(`${domain}.enable`, {});
    }
  }

  /** @param toPage Whether the page is meant, and not the browser. */
  async #send(
    method: string,
    params: Record<string, unknown>,
    toPage = true,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, answer);
    const session = toPage && this.#session !== undefined ? { sessionId: this.#session } : {};
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    const timer = setTimeout(
      () => answer.reject(new Error(`The browser gave no answer to ${method}`)),
      timeoutMs,
    );
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #receive({ id, method, params = {}, result = {}, error }: Message): void {
    if (id !== undefined) {
      const answer = this.#waiting.get(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(`The browser refused: ${error.message}`));
      return;
    }
    switch (method) {
      case "Page.loadEventFired":
        this.#loads++;
        break;
      case "Network.requestWillBeSent":
        this.#requests.push((params["request"] as { url: string }).url);
        break;
      case "Runtime.exceptionThrown":
        this.#complaints.push(JSON.stringify(params["exceptionDetails"]));
        break;
      case "Runtime.consoleAPICalled":
        if (["error", "warning", "assert"].includes(String(params["type"]))) {
          this.#complaints.push(JSON.stringify(params["args"]));
        }
        break;
      case "Log.entryAdded":
        this.#complaints.push(JSON.stringify(params["entry"]));
        break;
    }
  }
}

/** Waits for the line that says where the browser listens; goes on reading, so that it can write. */
function devToolsUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const found = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(
    () => found.reject(new Error(`The browser did not start:\n${text}`)),
    timeoutMs,
  );
  const read = async (): Promise<void> => {
    for await (const chunk of stderr.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-10_000);
      const [, url] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (url !== undefined) found.resolve(url);
    }
    found.reject(new Error(`The browser has ended:\n${text}`));
  };
  read().catch(found.reject);
  return found.promise.finally(() => clearTimeout(timer));
}

function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.onopen = (): void => resolve(socket);
  socket.onerror = (): void => reject(new Error(`Cannot connect to the browser at ${url}`));
  return promise;
}

async function end(process: Deno.ChildProcess, profile: string): Promise<void> {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended.
  }
  await process.status;
  // Its helpers end after it, and may write until then.
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
