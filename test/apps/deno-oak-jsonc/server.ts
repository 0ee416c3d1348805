import { Application } from "@oak/oak";

const app = new Application();
app.use((ctx) => {
  ctx.response.body = "hello from oak";
});
await app.listen({ port: 3333 });
