/** An HTTP answer that a program gave on its host. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Reads an answer as it came over the socket; `undefined` when it is none. */
export function parseHttpAnswer(text: string): HttpAnswer | undefined {
  const [, status] = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(text) ?? [];
  const end = text.indexOf("\r\n\r\n");
  if (status === undefined || end < 0) return undefined;
  return { status: Number(status), body: text.slice(end + 4) };
}
