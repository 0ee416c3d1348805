defmodule Slug.MixProject do
  use Mix.Project

  def project do
    [
      app: :slug,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: deps(),
      package: [licenses: ["MIT"]]
    ]
  end

  def application do
    [
      extra_applications: [:logger]
    ]
  end

  # Dependencies: {:commented, "~> 1.0"}
  defp deps do
    [
      {:ex_doc, ">= 0.0.0", only: :dev}
    ]
  end
end
