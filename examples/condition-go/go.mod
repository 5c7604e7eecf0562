module component

go 1.25
