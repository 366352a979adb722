import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cssColor, heatColor, isLight, seriesColor } from "./colors.ts";

describe("a colour of a dashboard", () => {
  it("is one of Grafana's names, in its shades, or one of CSS", () => {
    assertEquals(cssColor("green"), "#73BF69");
    assertNotEquals(cssColor("dark-green"), cssColor("super-light-green"));
    assertEquals(cssColor("#abc"), "#abc");
    assertEquals(cssColor("rgba(0, 211, 255, 1)"), "rgba(0, 211, 255, 1)");
  });

  const hostile = [
    "red;position:fixed",
    "url(http://127.0.0.1/x)",
    "#12345",
    "rgb(1,2,3);x:y",
    '"><script>',
    "constructor",
    "dark-constructor",
    "",
    null,
  ];
  for (const name of hostile) {
    it(`is grey for ${JSON.stringify(name)}`, () => assertEquals(cssColor(name), cssColor("gray")));
  }

  it("is another one for each of the first series, and begins again after the last", () => {
    const first = Array.from({ length: 16 }, (_, index) => seriesColor(index));
    assertEquals(new Set(first).size, 16);
    assertEquals(seriesColor(16), seriesColor(0));
  });

  it("tells whether text on it must be dark", () => {
    assertEquals([cssColor("yellow"), cssColor("dark-blue")].map(isLight), [true, false]);
  });

  it("of a heat map goes from the first of its scheme to the last", () => {
    assertEquals(heatColor("Oranges", 0), "#3a2415");
    assertEquals(heatColor("Oranges", 1), "#fdd0a2");
    assertEquals(heatColor("nonsense", 7), "#fdd0a2");
  });
});
