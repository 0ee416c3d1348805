package main

import "example.com/orders/internal/web"

func main() { web.Run() }
