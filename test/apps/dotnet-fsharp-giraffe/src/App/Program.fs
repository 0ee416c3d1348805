open Giraffe
