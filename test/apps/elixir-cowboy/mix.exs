defmodule Tiny.MixProject do
  use Mix.Project

  def project do
    [app: :tiny, version: "0.1.0", elixir: "~> 1.14", start_permanent: Mix.env() == :prod, deps: []]
  end

  def application do
    [mod: {Tiny.Application, []}, extra_applications: [:logger, :cowboy]]
  end
end
