package main

import (
	"net/http"
	"os"

	"example.com/mono/libs/greet"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(greet.Text())) })
	_ = http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
