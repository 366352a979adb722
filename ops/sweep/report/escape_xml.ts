import { escapeHtml } from "../../../dashboards/preview/page/html.ts";

/** Characters that no XML document may have, besides those that are escaped anyway. */
const noXml = /[\ufffe\uffff]/g;

/**
 * Text as it stands in XML 1.0 and in an attribute of it, on one line: what is not seen, breaks a
 * line or has no place in XML is written as `\uXXXX`.
 */
export function escapeXml(text: string): string {
  return escapeHtml(text.replaceAll("\n", "\\u000a")).replaceAll(
    noXml,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
