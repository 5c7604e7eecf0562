// Package runtime gives the host memory to write arguments and answers into.
package runtime

import (
	"runtime"
	"runtime/debug"
	"unsafe"
)

// What the host wrote since the last call of Unpin.
var pinner runtime.Pinner

// An instance lives for one subject, and the collector asks for the time where nothing may be asked.
func init() { debug.SetGCPercent(-1) }

// Allocate is memory that stays where it is until the pinner lets go.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(align)
	}
	// Words of 8 bytes are aligned for everything that the contract has.
	words := make([]uint64, (size+7)/8)
	memory := unsafe.Pointer(unsafe.SliceData(words))
	pinner.Pin(memory)
	return memory
}

// Unpin lets go of what the host wrote.
func Unpin() { pinner.Unpin() }

//go:wasmexport cabi_realloc
func reallocate(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	memory := Allocate(&pinner, uintptr(size), uintptr(align))
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(memory), size), unsafe.Slice((*byte)(old), oldSize))
	}
	return memory
}
