import { readBoundedText } from "../../dashboards/bounded_text.ts";
import { quote } from "../../tunnel/printable.ts";
import type { GrafanaAccess } from "./grafana_access.ts";
import { GrafanaError, type GrafanaFailure } from "./grafana_error.ts";
import { isRecord, parseAnswer } from "./answer.ts";

/** Largest answer that is read, in bytes: many times the largest dashboard of ours. */
const maxAnswerBytes = 16_777_216;
/** How long an answer may take by default. */
const defaultTimeoutMs = 20_000;

/** The rule that a failure breaks, for the address of Grafana. */
const rules: Readonly<Record<GrafanaFailure, (url: string) => string>> = {
  unreachable: (url) => `the Grafana at ${url} must be reachable`,
  address: (url) => `there must be a Grafana at ${url}`,
  permission: (url) => `the Grafana at ${url} must let us`,
  missing: (url) => `it must be in the Grafana at ${url}`,
  conflict: (url) => `it must be as we have read it in the Grafana at ${url}`,
  refused: (url) => `the Grafana at ${url} must take it`,
};

/** A request to Grafana's HTTP API. */
export interface GrafanaRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** Behind the address of Grafana: `/api/folders`; what comes from outside is encoded in it. */
  readonly path: string;
  readonly body?: unknown;
  /** What it is for: completes "Cannot …". */
  readonly what: string;
}

/** How a client works. */
export interface GrafanaClientOptions {
  readonly signal: AbortSignal;
  /** How long an answer may take, in ms. */
  readonly timeoutMs?: number;
}

/**
 * Talks to the HTTP API of one Grafana
 * (https://grafana.com/docs/grafana/latest/developers/http_api/). The token is in no message.
 */
export class GrafanaClient {
  readonly #access: GrafanaAccess;
  readonly #signal: AbortSignal;
  readonly #timeoutMs: number;

  constructor(
    access: GrafanaAccess,
    { signal, timeoutMs = defaultTimeoutMs }: GrafanaClientOptions,
  ) {
    this.#access = access;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
  }

  /** Where Grafana is, without a slash at its end. */
  get url(): string {
    return this.#access.url;
  }

  /**
   * Sends a request.
   *
   * @returns the answer's JSON.
   * @throws {GrafanaError} for every answer but success, and what the signal was aborted with.
   */
  async request(request: GrafanaRequest): Promise<unknown> {
    const { response, text } = await this.#exchange(request);
    const { status } = response;
    const json = parseAnswer(text);
    if (status >= 200 && status < 300) {
      if (json === undefined) {
        throw this.#error("address", request, `the answer is no JSON: ${this.#shown(text)}`, {
          advice: this.#addressAdvice(),
        });
      }
      return json;
    }
    throw this.#refusal(request, response, json, text);
  }

  /** Like {@linkcode request}, with `undefined` for what is not there. */
  async find(request: GrafanaRequest): Promise<unknown> {
    try {
      return await this.request(request);
    } catch (error) {
      if (error instanceof GrafanaError && error.failure === "missing") return undefined;
      throw error;
    }
  }

  async #exchange(
    request: GrafanaRequest,
  ): Promise<{ readonly response: Response; readonly text: string }> {
    const { method, path, body } = request;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await fetch(this.#access.url + path, {
        method,
        headers: {
          accept: "application/json",
          authorization: `Bearer ${this.#access.token.reveal()}`,
          ...body !== undefined && { "content-type": "application/json" },
        },
        ...body !== undefined && { body: JSON.stringify(body) },
        // Whoever redirects us would get the token.
        redirect: "manual",
        signal: AbortSignal.any([this.#signal, timeout]),
      });
      return { response, text: await this.#read(request, response) };
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof GrafanaError) throw error;
      const reason = timeout.aborted
        ? `no answer came within ${this.#timeoutMs / 1000} s`
        : this.#shown(reasonOf(error));
      throw this.#error("unreachable", request, reason, {
        advice: /certificate/i.test(reason)
          ? "for a CA of your own, set DENO_CERT to its file, or DENO_TLS_CA_STORE to system"
          : "is it running, and is a proxy needed (HTTPS_PROXY)?",
        cause: error,
      });
    }
  }

  async #read(request: GrafanaRequest, response: Response): Promise<string> {
    const text = await readBoundedText(response, maxAnswerBytes);
    if (text !== undefined) return text;
    const rule = `the answer must have at most ${maxAnswerBytes} bytes`;
    throw this.#error("refused", request, `${rule}: current value is more`);
  }

  #refusal(request: GrafanaRequest, response: Response, json: unknown, text: string): GrafanaError {
    const { status } = response;
    const said = isRecord(json) && typeof json["message"] === "string" ? json["message"] : text;
    const answer = `the answer is ${status}: ${this.#shown(said)}`;
    if (status >= 300 && status < 400) {
      const location = response.headers.get("location") ?? "";
      return this.#error("address", request, `the answer is ${status}, "go elsewhere"`, {
        advice: `give the address of Grafana itself; it sends us to ${this.#shown(location)}`,
      });
    }
    const [failure, advice] = this.#meaningOf(status, json !== undefined);
    return this.#error(failure, request, answer, { advice });
  }

  /** What a status stands for, and what to do. Grafana itself always answers in JSON. */
  #meaningOf(status: number, isJson: boolean): readonly [GrafanaFailure, string | undefined] {
    switch (status) {
      case 401:
        return ["permission", "is GRAFANA_TOKEN a valid token of this Grafana's, and not expired?"];
      case 403:
        return ["permission", "the service account of GRAFANA_TOKEN needs the role Editor"];
      case 404:
        return isJson ? ["missing", undefined] : ["address", this.#addressAdvice()];
      case 409:
      case 412:
        return ["conflict", undefined];
      case 407:
        return ["unreachable", "the proxy wants a password: HTTPS_PROXY"];
      case 429:
        return ["unreachable", "it has had too many requests; try again later"];
    }
    if (status >= 500) return ["unreachable", "Grafana, or a proxy before it, is not well"];
    return isJson ? ["refused", undefined] : ["address", this.#addressAdvice()];
  }

  #addressAdvice(): string {
    return "is that a Grafana, and is it behind a path (https://HOST/grafana)?";
  }

  #error(
    failure: GrafanaFailure,
    { what }: GrafanaRequest,
    reason: string,
    { advice, ...options }: { readonly advice?: string | undefined; readonly cause?: unknown } = {},
  ): GrafanaError {
    const message = `Cannot ${what} as ${rules[failure](quote(this.url))}: ${reason}` +
      (advice === undefined ? "" : `; ${advice}`);
    return new GrafanaError(failure, message, options);
  }

  /** A text from outside: short, on one line, and without the token if it came back to us. */
  #shown(text: string): string {
    const token = this.#access.token;
    return quote(text.trim().replaceAll(token.reveal(), token.toString()), 300);
  }
}

/** What an error of `fetch` says, without the address that our messages name anyway. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  return [text, cause].filter(Boolean).join(": ")
    .replace(/error sending request for url \(\S+\):? ?/, "");
}
