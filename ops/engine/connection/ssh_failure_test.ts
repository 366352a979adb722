import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { localSettings } from "../../../tests/support/local_session.ts";
import type { UnreachableReason } from "../errors.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { lastLine, SilentProxyError, sshFailure } from "./ssh_failure.ts";

const settings: ConnectionSettings = {
  ...localSettings,
  ...{ host: "relay1", transport: "ssh", address: "10.0.0.1", port: 2222 },
};

/** What OpenSSH 8 and 9 say. open_connection_test.ts has a real one say most of it. */
const cases: readonly (readonly [stderr: string, UnreachableReason, message: RegExp])[] = [
  ["ssh: connect to host 10.0.0.1 port 2222: Connection timed out", "network", /timed out/],
  ["ssh: connect to host 10.0.0.1 port 2222: No route to host", "network", /No route/],
  ["kex_exchange_identification: read: Connection reset by peer", "network", /port 2222/],
  ["Connection timed out during banner exchange", "network", /banner exchange/],
  ["", "network", /it said nothing/],
  ["ssh: Could not resolve hostname relay1: Temporary failure in name resolution", "name", /Temp/],
  [
    "root@10.0.0.1: Permission denied (publickey,gssapi-with-mic).",
    "authentication",
    /"root@10\.0\.0\.1: Permission denied \(publickey,gssapi-with-mic\)"; check "ansible_user"/,
  ],
  [
    "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n" +
    "Disconnected from 10.0.0.1 port 22",
    "authentication",
    /"-o IdentitiesOnly=yes"/,
  ],
  [
    'Load key "/k": Permission denied\nroot@h: Permission denied (publickey).',
    "authentication",
    /\("Load key \\"\/k\\": Permission denied"\)/,
  ],
  [
    "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
    "ssh",
    /Their offer: ssh-rsa/,
  ],
  ["Bad owner or permissions on /home/a/.ssh/config", "ssh", /\/home\/a\/\.ssh\/config/],
  [
    "No ED25519 host key is known for 10.0.0.1 and you have requested strict checking.\n" +
    "Host key verification failed.",
    "host_key_unknown",
    /"ssh-keyscan 10\.0\.0\.1 \| ssh-keygen -lf -".* run "ssh -p 2222 -- 10\.0\.0\.1 true" once/,
  ],
  ["@ WARNING: REVOKED HOST KEY DETECTED! @", "host_key_changed", /ssh-keygen -R '\[10\.0\.0\.1\]/],
  [
    "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nOffending ECDSA key in /h/it's known:12",
    "host_key_changed",
    /in "\/h\/it's known" line 12.* "ssh-keygen -f '\/h\/it'\\\\''s known' -R '\[10\.0\.0\.1\]:2222'"$/,
  ],
];

describe("sshFailure", () => {
  for (const [stderr, reason, message] of cases) {
    it(`takes ${JSON.stringify(stderr.slice(0, 60))} for "${reason}"`, () => {
      const error = sshFailure(settings, `${stderr}\r\n`);
      assertEquals([error.host, error.reason], ["relay1", reason]);
      assertMatch(error.message, message);
      assert(error.message.startsWith('Cannot connect to "relay1" as '));
    });
  }

  it("looks behind a proxy that has not said anything, but not behind one that has", () => {
    const end = "kex_exchange_identification: Connection closed by remote host\n" +
      "Connection closed by UNKNOWN port 65535\n";
    assert(sshFailure(settings, end) instanceof SilentProxyError);
    const denied = sshFailure(settings, `a@jump: Permission denied (publickey).\n${end}`);
    assert(!(denied instanceof SilentProxyError));
  });

  it("suggests no command with a name that a host has made up", () => {
    const stderr = "No ED25519 host key is known for $(id>/tmp/x) and you have requested strict\n" +
      'REMOTE HOST IDENTIFICATION HAS CHANGED\n  ssh-keygen -f "/etc/passwd" -R "x; rm -rf ~"';
    assertNotMatch(sshFailure(settings, stderr).message, /rm -rf|\$\(/);
    assertNotMatch(sshFailure(settings, stderr.split("\n")[0]!).message, /\$\(/);
  });

  it("is one bounded line without escapes, whatever the host says", () => {
    const parts = fc.constantFrom(
      ...cases.map(([stderr]) => stderr),
      "\x1b[2J",
      "Offending ED25519 key in ",
      "\u202e",
      "x".repeat(5000),
      "\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ unit: "binary" }))), (texts) => {
        const { message } = sshFailure(settings, texts.join(""));
        // deno-lint-ignore no-control-regex -- it is what must not be there
        assertNotMatch(message, /[\x00-\x1f\x7f-\x9f\u202e]/);
        assert(message.length < 3000);
      }),
    );
  });
});

describe("lastLine", () => {
  it("passes over what ssh says in passing", () => {
    const stderr = 'reason\r\nAuthenticated to h ([::1]:22) using "publickey".\r\n\r\n' +
      "Transferred: sent 1, received 2 bytes, in 0.1 seconds\r\nBytes per second: sent 1\r\n";
    assertEquals(lastLine(stderr), "reason");
  });
});
