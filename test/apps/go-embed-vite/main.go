package main

import (
	"embed"
	"io/fs"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
)

//go:embed all:web/dist
var files embed.FS

func main() {
	dist, _ := fs.Sub(files, "web/dist")
	r := gin.Default()
	r.StaticFS("/", http.FS(dist))
	_ = r.Run(":" + os.Getenv("PORT"))
}
