import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { maxRequestHeadLength, parseRequestHead } from "./http_request.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("parseRequestHead", () => {
  it("reads method and path", () => {
    const cases: [string, ReturnType<typeof parseRequestHead>][] = [
      ["GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", { method: "GET", path: "/metrics" }],
      ["HEAD /healthz HTTP/1.0\n\n", { method: "HEAD", path: "/healthz" }],
      ["GET /metrics?name[]=x#y HTTP/1.1\r\n\r\n", { method: "GET", path: "/metrics" }],
      ["GET http://h:1/status HTTP/1.1\r\n\r\n", { method: "GET", path: "/status" }],
      ["GET http://h HTTP/1.1\r\n\r\n", { method: "GET", path: "/" }],
      ["POST /x HTTP/1.1\r\n\r\nbody\n\n", { method: "POST", path: "/x" }],
      ["GET /x HTTP/1.1\r\nHost: x\r\n", undefined],
      ["GET /x HTTP/1.1\r", undefined],
      ["", undefined],
      ["GET /x\r\n\r\n", 400],
      ["GET  /x HTTP/1.1\r\n\r\n", 400],
      ["GET /x HTTP/2.0\r\n\r\n", 400],
      ["\x16\x03\x01\n\n", 400],
      ["\r\n\r\n", 400],
      ["G".repeat(33) + " / HTTP/1.1\r\n\r\n", 400],
      ["G".repeat(maxRequestHeadLength), 431],
    ];
    for (const [text, expected] of cases) assertEquals(parseRequestHead(bytes(text)), expected);
  });

  it("answers for any bytes, and the same however they are cut", () => {
    const part = fc.constantFrom(
      "GET ",
      "/metrics",
      " HTTP/1.1",
      "\r\n",
      "\n",
      "\r",
      "?",
      "\0",
      "é",
    );
    fc.assert(fc.property(fc.array(part), fc.uint8Array(), (parts, tail) => {
      const data = Uint8Array.from([...bytes(parts.join("")), ...tail]);
      const whole = parseRequestHead(data);
      for (let end = 0; end < data.length; end++) {
        const early = parseRequestHead(data.subarray(0, end));
        if (early !== undefined) return assertEquals(early, whole);
      }
      assert(whole === undefined || typeof whole === "number" || whole.path.length > 0);
    }));
  });
});
