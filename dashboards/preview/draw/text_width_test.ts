import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { fitText, textWidth } from "./text_width.ts";

describe("the width of a text", () => {
  it("counts narrow letters for less than wide ones, and unknown ones for the most", () => {
    const [narrow, digits, wide, chinese] = ["iii", "123", "MMM", "中文字"].map(textWidth);
    assert(narrow! < digits! && digits! < wide! && wide! < chinese!);
  });

  it("is that of its parts", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
      assert(Math.abs(textWidth(a + b) - textWidth(a) - textWidth(b)) < 1e-6);
    }));
  });
});

describe("a text that must fit", () => {
  it("stays as it is where there is room", () => {
    assertEquals(fitText("relay01", 100), "relay01");
  });

  it("is cut where there is none, without breaking a letter", () => {
    assertEquals(fitText("relay01.example", 60), "relay0…");
    assertEquals(fitText("😀😀😀😀", 40), "😀…");
  });

  it("keeps a letter at least, and is never longer than its room otherwise", () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 40 }), (text, room) => {
      const fitted = fitText(text, room);
      assert(fitted.length > 0 && textWidth(fitted) <= room);
    }));
  });
});
