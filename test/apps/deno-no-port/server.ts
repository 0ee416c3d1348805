Deno.serve(() => new Response("hello from deno-no-port"));
