import { assert, assertEquals } from "@std/assert";
import type { CommandEnd } from "./running_command.ts";

/** Clears a terminal, gives its window a name, and asks it to type something; for `printf`. */
export const escapes = "\\033[2J\\033]0;owned\\007\\033[6n\\233 2J\\r";

/** Shell: 20 MB of that, in lines. */
export const noise = `yes "$(printf '${escapes}')" | head -c 20000000`;

/** Without noise it is about 120 MB; of what hosts say some MB are kept, as bytes and as text. */
const maxMemoryBytes = 300_000_000;

/** Shows that nothing of a host's reaches a terminal as it is, and that memory has a bound. */
export function assertHarmless({ stdout, stderr, peakMemoryBytes }: CommandEnd): void {
  for (const text of [stdout, stderr]) {
    // deno-lint-ignore no-control-regex -- these are what must not be there
    const found = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.exec(text);
    assertEquals(found && JSON.stringify(text.slice(found.index - 40, found.index + 40)), null);
    assert(text.length < 5_000_000, `${text.length} characters`);
  }
  assert(peakMemoryBytes > 0 && peakMemoryBytes < maxMemoryBytes, `${peakMemoryBytes} bytes`);
}

/**
 * A program in Python that answers like a program's admin endpoints, without end and with escapes
 * for terminals.
 */
export function endlessAdminServer(port: number): string {
  return `from http.server import *
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200, "\\x1b[2J")
        self.end_headers()
        self.wfile.write(b'{"release":"\\x1b[2J","ready":' + b"[" * 100000)
        while True: self.wfile.write(b"\\x1b[6n" * 100000)
ThreadingHTTPServer(("127.0.0.1", ${port}), Handler).serve_forever()
`;
}
