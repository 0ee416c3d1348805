package greet

func Text() string { return "hello" }
