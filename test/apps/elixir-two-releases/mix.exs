defmodule Multi.MixProject do
  use Mix.Project

  def project do
    [
      app: :multi,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: deps(),
      releases: releases()
    ]
  end

  def application do
    [
      mod: {Multi.Application, []},
      extra_applications: [:logger]
    ]
  end

  # Dependencies: {:commented, "~> 1.0"}
  defp deps do
    [
      {:plug_cowboy, "~> 2.0"}
    ]
  end

  defp releases do
    [
      api: [applications: [multi: :permanent]],
      jobs: [applications: [multi: :permanent]]
    ]
  end
end
