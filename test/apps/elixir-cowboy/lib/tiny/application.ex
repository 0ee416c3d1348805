defmodule Tiny.Application do
  use Application

  def start(_type, _args) do
    port = String.to_integer(System.get_env("PORT") || "4000")
    routes = :cowboy_router.compile([{:_, [{"/", Tiny.Hello, []}]}])
    {:ok, _} = :cowboy.start_clear(:http, [port: port], %{env: %{dispatch: routes}})
    Supervisor.start_link([], strategy: :one_for_one)
  end
end
