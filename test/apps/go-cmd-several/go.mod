module example.com/orders

go 1.25
toolchain go1.25.4
