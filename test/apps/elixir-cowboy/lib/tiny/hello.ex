defmodule Tiny.Hello do
  def init(request, state) do
    {:ok, :cowboy_req.reply(200, %{"content-type" => "text/plain"}, "hello from elixir-cowboy", request), state}
  end
end
