Bun.serve({ fetch: () => new Response("x") });
