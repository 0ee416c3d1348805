use Mix.Config
import_config "prod.secret.exs"
