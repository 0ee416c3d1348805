defmodule CoreWeb do
end
