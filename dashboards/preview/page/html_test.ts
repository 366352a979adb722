import { assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { escapeHtml, html } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

describe("a template of HTML", () => {
  it("escapes what could end a tag, an attribute or a text", () => {
    const hostile = `</b><script>alert(1)</script>" onclick='x' &amp;`;
    assertEquals(
      html`<b title="${hostile}">${hostile}</b>`.text,
      '<b title="&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onclick=&#39;x&#39; &amp;amp;">' +
        "&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onclick=&#39;x&#39; &amp;amp;</b>",
    );
  });

  it("writes characters as escapes that can't be seen or reorder text", () => {
    assertEquals(escapeHtml("a\u0000b\u202ec\ud800d\ne"), "a\\u0000b\\u202ec\\ud800d\ne");
  });

  it("takes what is HTML already as it is, and nothing for what is missing", () => {
    const items = ["a", "<"].map((text) => html`<i>${text}</i>`);
    assertEquals(html`${items}${undefined}${false}${0}`.text, "<i>a</i><i>&lt;</i>0");
  });
});

describe("Markdown", () => {
  it("becomes paragraphs, rules, lists, code and bold words", () => {
    assertEquals(
      renderMarkdown("# Top\n\nOne `x<y` **two**.\n\n---\n\n- a\n- b").text,
      "<h4>Top</h4><p>One <code>x&lt;y</code> <b>two</b>.</p><hr><ul><li>a</li><li>b</li></ul>",
    );
  });

  it("can't bring tags or addresses into a page", () => {
    const { text } = renderMarkdown("[click](javascript:alert(1)) <img src=x> `<script>`");
    assertFalse(/<(?!\/?(p|code)>)/.test(text), text);
    assertFalse(text.includes("href"), text);
  });
});
