import express from "express";
const app = express();
app.get("/", (q, r) => r.send("hello"));
app.listen(process.env.PORT);
