defmodule Bot do
end
