import { serve } from "bun";

serve({ port: 8081, fetch: () => new Response("hello") });
