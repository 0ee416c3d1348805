package main

import "fmt"

func main() { fmt.Println("an example") }
