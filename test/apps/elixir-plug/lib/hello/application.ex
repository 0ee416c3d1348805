defmodule Hello.Application do
  use Application

  def start(_type, _args) do
    Supervisor.start_link([{Bandit, plug: Hello.Router, port: 4001}], strategy: :one_for_one)
  end
end
