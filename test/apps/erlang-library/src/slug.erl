-module(slug).
-export([slug/1]).
slug(T) -> string:lowercase(T).
