import Config
config :shop, generators: [timestamp_type: :utc_datetime]
import_config "#{config_env()}.exs"
