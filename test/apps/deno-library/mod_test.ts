import { slug } from "./mod.ts";
Deno.test("slug", () => { if (slug("A B") !== "a-b") throw new Error(); });
