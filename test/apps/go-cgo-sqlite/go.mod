module example.com/notes

go 1.24

require (
	github.com/labstack/echo/v4 v4.13.3
	github.com/mattn/go-sqlite3 v1.14.24
)
