// Package strutil reverses text.
package strutil

// Reverse turns a string around.
func Reverse(s string) string { return s }
