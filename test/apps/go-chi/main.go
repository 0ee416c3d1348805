package main

import (
	"html/template"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
)

func main() {
	page := template.Must(template.ParseGlob("templates/*.html"))
	r := chi.NewRouter()
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		_ = page.ExecuteTemplate(w, "index.html", "chi")
	})
	if err := http.ListenAndServe(":"+os.Getenv("PORT"), r); err != nil {
		panic(err)
	}
}
