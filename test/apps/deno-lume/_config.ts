import lume from "lume/mod.ts";

export default lume({ src: "./src", dest: "public_html" });
