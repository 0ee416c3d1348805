defmodule Blog.MixProject do
  use Mix.Project

  def project do
    [
      app: :blog,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: deps()
    ]
  end

  def application do
    [
      mod: {Blog.Application, []},
      extra_applications: [:logger]
    ]
  end

  # Dependencies: {:commented, "~> 1.0"}
  defp deps do
    [
      {:phoenix, "~> 1.5.9"},
      {:phoenix_html, "~> 2.11"},
      {:plug_cowboy, "~> 2.0"}
    ]
  end
end
