package main

import (
	"database/sql"
	"os"

	"github.com/labstack/echo/v4"
	_ "github.com/mattn/go-sqlite3"
)

func main() {
	db, err := sql.Open("sqlite3", "notes.db")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	e := echo.New()
	e.Static("/static", "static")
	e.Logger.Fatal(e.Start(":" + os.Getenv("PORT")))
}
