import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Browser, skipWithoutBrowser } from "./browser.ts";
import { commandLinesWith } from "./process_list.ts";
import { waitFor } from "./wait.ts";

function page(body: string): string {
  return `data:text/html,${encodeURIComponent(body)}`;
}

describe("the browser of tests", { skip: skipWithoutBrowser() }, () => {
  it("evaluates in a page, and tells of what fails there", async () => {
    await using browser = await Browser.open();
    await browser.resize(640, 480);
    await browser.navigate(page("<h1>hello</h1><script>console.error('bad')</script>"));
    assertEquals(await browser.evaluate("document.querySelector('h1').textContent"), "hello");
    assertEquals(await browser.evaluate("Promise.resolve(innerWidth)"), 640);
    await assertRejects(() => browser.evaluate("missing.thing"), Error, "missing is not defined");
    await waitFor(() => browser.complaints.length > 0, "the complaint");
    assertEquals(browser.requests.length, 1);
  });

  it("says when a page can't be opened", async () => {
    await using browser = await Browser.open();
    await assertRejects(
      () => browser.navigate("file:///nowhere.html"),
      Error,
      "ERR_FILE_NOT_FOUND",
    );
  });

  it("leaves no process and no file behind", async () => {
    let profile = "";
    {
      await using browser = await Browser.open();
      profile = browser.profile;
      assertEquals(commandLinesWith(profile).length > 0, true);
    }
    await waitFor(() => commandLinesWith(profile).length === 0, "the end of its processes");
    await assertRejects(() => Deno.stat(profile), Deno.errors.NotFound);
  });
});
