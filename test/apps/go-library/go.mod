module github.com/example/strutil/v2

go 1.21
