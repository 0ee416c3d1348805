defmodule Bot.MixProject do
  use Mix.Project

  def project do
    [
      app: :bot,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: deps(),
      releases: [
        prod: [include_executables_for: [:unix], steps: [:assemble]]
      ]
    ]
  end

  def application do
    [
      mod: {Bot.Application, []},
      extra_applications: [:logger]
    ]
  end

  # Dependencies: {:commented, "~> 1.0"}
  defp deps do
    [
      {:nostrum, "~> 0.10"}
    ]
  end
end
