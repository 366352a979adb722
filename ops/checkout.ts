import { fileURLToPath } from "node:url";

/** The directory of the checkout that this command belongs to, without a slash at its end. */
export const checkout: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/+$/, "");
