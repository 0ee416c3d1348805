import Config
config :core_web, CoreWeb.Endpoint, http: [port: String.to_integer(System.fetch_env!("PORT"))]
