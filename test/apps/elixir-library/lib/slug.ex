defmodule Slug do
  def slug(text), do: String.downcase(text)
end
