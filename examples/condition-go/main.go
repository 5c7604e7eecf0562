// A condition for Cartwright: the package condition decides, the bindings call it.
package main

import _ "component/bindings/wit_exports"

func main() {}
