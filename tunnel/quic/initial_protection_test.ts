import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { headerMask, sealPayload, serverInitialKeys } from "./initial_protection.ts";

/** RFC 9001, appendix A. */
const clientDestinationCid = Uint8Array.fromHex("8394c8f03e515708");

describe("the protection of a server's Initial packets", () => {
  it("has the keys of RFC 9001, appendix A.1", () => {
    const { key, iv, headerProtection } = serverInitialKeys(clientDestinationCid);
    assertEquals(hex(key), "cf3a5331653c364c88f0f379b6067e37");
    assertEquals(hex(iv), "0ac1493ca1905853b0bba03e");
    assertEquals(hex(headerProtection), "c206b8d9b9f0f37644430b490eeaa314");
  });

  it("masks the header of appendix A.3", () => {
    const keys = serverInitialKeys(clientDestinationCid);
    const sample = Uint8Array.fromHex("2cd0991cd25b0aac406a5816b6394100");
    assertEquals(hex(headerMask(keys, sample)), "2ec0d8356a");
  });

  it("encrypts the payload of appendix A.3", () => {
    const header = Uint8Array.fromHex("c1000000010008f067a5502a4262b50040750001");
    const payload = Uint8Array.fromHex(
      "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a04" +
        "5a1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32b" +
        "b9da1a002b00020304",
    );
    const sealed = sealPayload(serverInitialKeys(clientDestinationCid), 1, header, payload);
    assertEquals(
      hex(sealed),
      "5a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3db" +
        "cba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7a" +
        "af2f58891850abbdca3d20398c276456cbc42158407dd074ee",
    );
  });
});

function hex(bytes: Uint8Array): string {
  return new Uint8Array(bytes).toHex();
}
