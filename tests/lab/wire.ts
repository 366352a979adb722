/**
 * A host's link with a shape: two TAP devices in the router's namespace, with every frame that comes
 * in on one going out on the other later, or not at all. (The kernel's netem does that too, where it
 * is built in; the kernels of many virtual machines have none.)
 *
 * A program of its own, that never returns to Deno's event loop.
 *
 * Usage: wire.ts PLAN, a JSON text as {@linkcode WirePlan} has it
 */
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { DelayLine } from "./delay_line.ts";
import { enterNetworkNamespace, libc } from "./libc.ts";
import type { LinkShape } from "./link_shape.ts";
import { openTapDevice, type TapDevice } from "./tap_device.ts";

/** What a wire does. */
export interface WirePlan {
  readonly routerNamespace: string;
  readonly shape: LinkShape;
  /** Takes a {@linkcode WireNote} when the devices are there. */
  readonly noteFile: string;
}

/** Names of a wire's devices. */
export interface WireNote {
  readonly hostSide: string;
  readonly routerSide: string;
}

/** Largest frame: what bridges pass on, with room for jumbo frames. */
const maxFrameBytes = 16_384;

/** Frames that are read from one device before the other has its turn. */
const framesPerTurn = 64;

const POLLIN = 1;
const pollEntryBytes = 8;

class Wire {
  readonly #directions: readonly { from: TapDevice; to: TapDevice; line: DelayLine }[];
  readonly #poll: Uint8Array<ArrayBuffer>;
  readonly #frame = new Uint8Array(maxFrameBytes);
  readonly #timeout = new BigInt64Array(2);

  constructor(a: TapDevice, b: TapDevice, shape: LinkShape) {
    this.#directions = [
      { from: a, to: b, line: new DelayLine(shape) },
      { from: b, to: a, line: new DelayLine(shape) },
    ];
    this.#poll = new Uint8Array(pollEntryBytes * this.#directions.length);
    const view = new DataView(this.#poll.buffer);
    for (const [i, { from }] of this.#directions.entries()) {
      view.setInt32(i * pollEntryBytes, from.descriptor, true);
      view.setInt16(i * pollEntryBytes + 4, POLLIN, true);
    }
  }

  /** Carries frames until the process is ended. */
  run(): never {
    for (;;) {
      this.#wait();
      for (const { from, line } of this.#directions) this.#takeIn(from, line);
      for (const { to, line } of this.#directions) this.#giveOut(to, line);
    }
  }

  /** Blocks until a frame comes in or is due. */
  #wait(): void {
    const dueMs = Math.min(...this.#directions.map(({ line }) => line.dueMs));
    // Without frames that wait, a second: as good as any time.
    const waitMs = Math.min(Math.max(dueMs - performance.now(), 0), 1000);
    this.#timeout[0] = BigInt(Math.floor(waitMs / 1000));
    this.#timeout[1] = BigInt(Math.floor(waitMs % 1000 * 1e6));
    libc.ppoll(this.#poll, BigInt(this.#directions.length), this.#timeout, null);
  }

  #takeIn({ descriptor }: TapDevice, line: DelayLine): void {
    for (let left = framesPerTurn; left > 0; left--) {
      const length = Number(libc.read(descriptor, this.#frame, BigInt(maxFrameBytes)));
      if (length < 0) return;
      line.put(this.#frame.slice(0, length), performance.now());
    }
  }

  #giveOut({ descriptor }: TapDevice, line: DelayLine): void {
    const nowMs = performance.now();
    for (;;) {
      const frame = line.take(nowMs);
      if (frame === undefined) return;
      libc.write(descriptor, frame, BigInt(frame.length)); // a device that is down loses it
    }
  }
}

if (import.meta.main) {
  const { routerNamespace, shape, noteFile } = JSON.parse(Deno.args[0]!) as WirePlan;
  enterNetworkNamespace(routerNamespace);
  const [hostSide, routerSide] = [openTapDevice(), openTapDevice()];
  const note: WireNote = { hostSide: hostSide.name, routerSide: routerSide.name };
  writeFileAtomically(noteFile, JSON.stringify(note));
  new Wire(hostSide, routerSide, shape).run();
}
