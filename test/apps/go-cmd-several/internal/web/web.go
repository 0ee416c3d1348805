// Package web answers.
package web

import (
	"net/http"
	"os"
)

func Run() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("orders")) })
	_ = http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
