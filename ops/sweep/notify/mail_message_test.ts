import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isMailAddress, mailText } from "./mail_message.ts";

const mail = {
  ...{ to: "ops@example.com", subject: "[prod] all is well", text: "Nothing.\nReally.\n" },
  ...{ atMs: Date.parse("2026-11-26T08:30:00Z"), id: "1-2-3", sender: "ops1" },
};

/** Headers and body of a mail, with folded headers put together. */
function parse(text: string): { headers: Map<string, string>; names: string[]; body: string } {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).replaceAll(/\n /g, " ").split("\n");
  const fields = lines.map((line) => /^([!-9;-~]+): (.*)$/.exec(line) ?? ["", "?", line]);
  return {
    headers: new Map(fields.map(([, name, value]) => [name!, value!])),
    names: fields.map(([, name]) => name!),
    body: text.slice(end + 2),
  };
}

function decodeWords(text: string): string {
  const bytes = text.split(" ").map((word) =>
    Uint8Array.fromBase64(/^=\?utf-8\?B\?(.*)\?=$/.exec(word)?.[1] ?? "")
  );
  return bytes.map((part) => new TextDecoder("utf-8", { fatal: true }).decode(part)).join("");
}

const headerNames = [
  ...["To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"],
  "Content-Transfer-Encoding",
];

describe("mailText", () => {
  it("has the headers that a machine's mail needs", () => {
    assertEquals(
      mailText(mail),
      `To: ops@example.com
Subject: [prod] all is well
Date: Thu, 26 Nov 2026 08:30:00 +0000
Message-ID: <1-2-3@ops1>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Nothing.
Really.

`,
    );
  });

  it("encodes what is not ASCII, in a subject in words of 75 characters at most", () => {
    const subject = `Relay „Zürich“ ${"🔥".repeat(30)}`;
    const text = "96 % von 20 GiB auf /größe belegt\n";
    const message = mailText({ ...mail, subject, text });
    assert(message.split("\n").every((line) => line.length <= 84 && /^[\x20-\x7e]*$/.test(line)));
    const { headers, body } = parse(message);
    assert(headers.get("Subject")!.split(" ").every((word) => word.length <= 75));
    assertEquals(decodeWords(headers.get("Subject")!), subject);
    const bytes = Uint8Array.fromBase64(body.replaceAll("\n", ""));
    assertEquals(new TextDecoder().decode(bytes), text);
  });

  it("has the same headers whatever texts come from hosts", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("\n", "\r\n", "\0", "Bcc: x@y", ".", "=?", "\u2028", "ä", "\x1b"))
        .map((parts) => parts.join("")),
    );
    fc.assert(fc.property(hostile, hostile, hostile, (subject, text, sender) => {
      const message = mailText({ ...mail, subject, text, sender });
      assertEquals(parse(message).names, headerNames);
      assertFalse(message.includes("\r") || message.includes("\0"));
      assert(message.split("\n").every((line) => line.length <= 998));
      assertMatch(parse(message).headers.get("Message-ID")!, /^<1-2-3@[A-Za-z0-9.-]+>$/);
    }));
  });

  it("breaks lines that mail servers would not take", () => {
    const lines = parse(mailText({ ...mail, text: "x".repeat(5000) })).body.split("\n");
    assertEquals(Math.max(...lines.map(({ length }) => length)), 900);
    assertEquals(lines.join(""), "x".repeat(5000));
  });
});

describe("isMailAddress", () => {
  it("takes addresses and users of this machine", () => {
    for (const address of ["ops@example.com", "root", "o.p-s+night=1@mail.example.com"]) {
      assert(isMailAddress(address), address);
    }
  });

  it("refuses what is none, or more than one, or another header", () => {
    for (
      const text of [
        ...["", "a b", "a@b\nBcc: c@d", "a@b, c@d", "-oQ/tmp", "|/bin/sh", "/etc/passwd", "a@-b"],
        ...["Ops <ops@example.com>", '"x"@y', `${"a".repeat(250)}@b.example`, "a@b@c", "ä@b"],
      ]
    ) assertFalse(isMailAddress(text), text);
  });
});
