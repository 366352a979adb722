import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { variablesIn, withVariables } from "./grafana_variables.ts";

describe("variablesIn", () => {
  it("finds each form once, and leaves out Grafana's own", () => {
    const text = 'up{a=~"$first",b=~"${second:regex}",c="[[third]]"}[$__rate_interval] $first';
    assertEquals(variablesIn(text), ["first", "second", "third"]);
  });
});

describe("withVariables", () => {
  it("gives each of Grafana's own a value of its kind", () => {
    assertEquals(
      withVariables("rate(a[$__rate_interval]) / $__range_s + b[${__range}:$__interval]"),
      "rate(a[4m]) / 3600 + b[1h:1m]",
    );
  });

  it("gives others everything, or what is chosen", () => {
    assertEquals(withVariables('a{b=~"$b",c=~"${c}"}', { c: "x|y" }), 'a{b=~".*",c=~"x|y"}');
  });

  it("leaves what Grafana does not know, whatever its name", () => {
    assertEquals(withVariables("$__nothing ${__proto__}"), "$__nothing ${__proto__}");
    assertEquals(withVariables("$constructor"), ".*");
  });
});
