import { type Html, html } from "./html.ts";

/**
 * The Markdown of descriptions and text panels: paragraphs, headings, lists, rules, `code` and
 * **bold**. Links are shown as their text; anything else stays as it is written.
 */
export function renderMarkdown(text: string): Html {
  return html`${text.split(/\n\s*\n/).map((block) => renderBlock(block.trim()))}`;
}

function renderBlock(block: string): Html {
  if (block === "") return html``;
  if (/^(-{3,}|\*{3,})$/.test(block)) return html`<hr>`;
  const [, heading] = /^#{1,6} +(.*)$/.exec(block) ?? [];
  if (heading !== undefined) return html`<h4>${renderSpans(heading)}</h4>`;
  const lines = block.split("\n");
  if (lines.every((line) => /^[-*] /.test(line))) {
    return html`<ul>${lines.map((line) => html`<li>${renderSpans(line.slice(2))}</li>`)}</ul>`;
  }
  return html`<p>${renderSpans(lines.join(" "))}</p>`;
}

function renderSpans(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/);
  return html`${
    parts.map((part) => {
      if (/^`.*`$/s.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
      if (/^\*\*.*\*\*$/s.test(part)) return html`<b>${part.slice(2, -2)}</b>`;
      const [, linked] = /^\[([^\]]+)\]\(/.exec(part) ?? [];
      return html`${linked ?? part}`;
    })
  }`;
}
