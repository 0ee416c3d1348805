module example.com/shop/chi-api

go 1.24.0

require github.com/go-chi/chi/v5 v5.2.1
