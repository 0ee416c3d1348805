Bun.serve({ fetch: () => new Response("jobs") });
