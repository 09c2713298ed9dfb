module goroutop/targets

go 1.17
