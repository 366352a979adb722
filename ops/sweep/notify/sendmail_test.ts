import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { DeliveryError } from "./delivery.ts";
import { sendMail, sendmailProgram } from "./sendmail.ts";

const never = new AbortController().signal;

describe("sendMail", { skip: needsLinux }, () => {
  let directory: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "sendmail-" });
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const program = (script: string): string => {
    const path = `${directory}/sendmail`;
    Deno.writeTextFileSync(path, `#!/bin/sh\ncd "\${0%/*}"\n${script}\n`, { mode: 0o755 });
    return path;
  };
  const send = (path: string, timeoutMs = 10_000, text = "To: x\n\n.\nEnd\n"): Promise<void> =>
    sendMail(path, text, { deadline: performance.now() + timeoutMs, signal: never });

  it("hands a mail over as it is, receivers and lone dots included", async () => {
    await send(program('printf "%s " "$@" > arguments; cat > mail'));
    assertEquals(Deno.readTextFileSync(`${directory}/arguments`), "-t -i ");
    assertEquals(Deno.readTextFileSync(`${directory}/mail`), "To: x\n\n.\nEnd\n");
  });

  it("says with which code and words it was refused", async () => {
    await assertRejects(
      () => send(program("cat > /dev/null; echo 'mailbox is full' >&2; exit 75")),
      DeliveryError,
      'has ended with code 75: "mailbox is full"',
    );
  });

  it("bears one that reads nothing and says a lot", async () => {
    const error = await assertRejects(
      () => send(program("head -c 3000000 /dev/zero >&2; exit 1"), 10_000, "x".repeat(3_000_000)),
      DeliveryError,
    );
    assert(error.message.length < 3000);
  });

  it("ends one that takes too long", async () => {
    await assertRejects(
      () => send(program("exec sleep 60"), 100),
      DeliveryError,
      "did not end within 0.1 s",
    );
  });

  it("says what to do where there is none", async () => {
    await assertRejects(
      () => send(`${directory}/none`),
      DeliveryError,
      "install a mail server, or name another program in ZTNA_SENDMAIL",
    );
  });

  it("is Debian's unless the environment names another", () => {
    assertEquals(sendmailProgram(new Map()), "/usr/sbin/sendmail");
    assertEquals(sendmailProgram(new Map([["ZTNA_SENDMAIL", "/usr/bin/msmtp"]])), "/usr/bin/msmtp");
  });
});
