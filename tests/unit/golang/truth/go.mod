module goroutop.test/truth

go 1.17
