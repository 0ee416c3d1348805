const isProd = process.env.NODE_ENV === "production";
const config = { output: isProd ? `export` : undefined };
export default config;
