const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  fetch: () => new Response("hello from bun-serve"),
});
console.log(`listening on ${server.port}`);
