import { escapeControls } from "../../../tunnel/printable.ts";

/** Bytes of an encoded word's text: with its frame it has 75 characters at most (RFC 2047). */
const wordBytes = 42;
/** Characters of a line of base64 (RFC 2045). */
const base64Line = 76;

/** A mail of plain text. */
export interface MailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** When it is sent, in ms since 1970. */
  readonly atMs: number;
  /** Unique within all mails. */
  readonly id: string;
  /** Name of this machine. */
  readonly sender: string;
}

/** How an address is written, for messages. */
export const addressRule =
  "it must be a mail address, such as ops@example.com, or a user of this machine";

/**
 * Whether a text is an address that needs no quoting: nothing of it can become another header, and
 * it names no file and no command, as `/` and `|` do to some.
 */
export function isMailAddress(text: string): boolean {
  return text.length <= 254 && /^\w[\w.+=-]*(@[A-Za-z0-9][A-Za-z0-9.-]*)?$/.test(text);
}

/**
 * A mail as RFC 5322 has it, for `sendmail`: lines end as this system's do. Who it is from is added
 * by `sendmail`, which knows what this machine is called out there.
 */
export function mailText({ to, subject, text, atMs, id, sender }: MailMessage): string {
  const isAscii = /^[\n\x20-\x7e]*$/.test(text);
  const domain = sender.replaceAll(/[^A-Za-z0-9.-]/g, "-") || "localhost";
  const bytes = new TextEncoder().encode(text).toBase64();
  return [
    `To: ${to}`,
    `Subject: ${encodedHeader(subject)}`,
    `Date: ${mailDate(atMs)}`,
    `Message-ID: <${id}@${domain}>`,
    // Holiday replies and lists know by it that nobody reads an answer (RFC 3834).
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Transfer-Encoding: ${isAscii ? "7bit" : "base64"}`,
    "",
    ...isAscii ? [foldedLines(text)] : bytes.match(new RegExp(`.{1,${base64Line}}`, "g")) ?? [],
    "",
  ].join("\n");
}

/** Encoded words (RFC 2047) where a header's text is not plain ASCII. */
function encodedHeader(text: string): string {
  const line = escapeControls(text);
  if (/^[\x20-\x7e]*$/.test(line) && !line.includes("=?")) return line;
  const words: string[] = [];
  let word = "";
  const encoder = new TextEncoder();
  for (const character of line) {
    if (encoder.encode(word + character).length > wordBytes) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  return [...words, word].map((part) => `=?utf-8?B?${encoder.encode(part).toBase64()}?=`)
    .join("\n ");
}

/** Lines of 998 characters at most, as mail servers take them. */
function foldedLines(text: string): string {
  return text.replaceAll(/.{900}(?=.)/g, "$&\n");
}

/** `Thu, 26 Nov 2026 08:30:00 +0000`. */
function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}
