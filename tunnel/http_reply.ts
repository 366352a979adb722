/** An answer to an HTTP request, complete. */
export interface HttpReply {
  readonly status: keyof typeof statusTexts;
  /** Media type of the body. */
  readonly type: string;
  readonly body: string;
  /** Methods of the path, for a 405. */
  readonly allow?: string;
}

const statusTexts = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

/** A reply for people; by default its status in words. */
export function textReply(
  status: HttpReply["status"],
  body: string = `${statusTexts[status]}\n`,
): HttpReply {
  return { status, type: "text/plain; charset=utf-8", body };
}

/** The reply with `/metrics` in Prometheus' text format 0.0.4. */
export function expositionReply(body: string): HttpReply {
  return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body };
}

/** A 405 of a path that can only be read. */
export const readOnlyReply: HttpReply = { ...textReply(405), allow: "GET, HEAD" };

/** The bytes of a reply, which is the last of its connection; `headOnly` answers HEAD. */
export function encodeReply(reply: HttpReply, headOnly: boolean): Uint8Array {
  const encoder = new TextEncoder();
  const body = encoder.encode(reply.body);
  const head = encoder.encode(
    [
      `HTTP/1.1 ${reply.status} ${statusTexts[reply.status]}`,
      `Date: ${new Date().toUTCString()}`,
      `Content-Type: ${reply.type}`,
      `Content-Length: ${body.length}`,
      "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff",
      ...(reply.allow === undefined ? [] : [`Allow: ${reply.allow}`]),
      "Connection: close",
      "\r\n",
    ].join("\r\n"),
  );
  if (headOnly) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
