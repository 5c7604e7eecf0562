// Package types holds what the contract has and Go has not.
package types

// Unit is nothing.
type Unit struct{}

const (
	OptionNone = iota
	OptionSome
)

// Option is a value, or none.
type Option[T any] struct {
	tag   uint8
	value T
}

// Some is a value.
func Some[T any](value T) Option[T] { return Option[T]{OptionSome, value} }

// None is no value.
func None[T any]() Option[T] { return Option[T]{} }

// Tag is OptionNone or OptionSome.
func (option Option[T]) Tag() uint8 { return option.tag }

// Some is the value, the zero value where there is none.
func (option Option[T]) Some() T { return option.value }

// SomeOr is the value, the other where there is none.
func (option Option[T]) SomeOr(other T) T {
	if option.tag == OptionNone {
		return other
	}
	return option.value
}

const (
	ResultOk = iota
	ResultErr
)

// Result is an answer, or why there is none.
type Result[T, E any] struct {
	tag uint8
	ok  T
	err E
}

// Ok is an answer.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{tag: ResultOk, ok: value} }

// Err is why there is no answer.
func Err[T, E any](why E) Result[T, E] { return Result[T, E]{tag: ResultErr, err: why} }

// Tag is ResultOk or ResultErr.
func (result Result[T, E]) Tag() uint8 { return result.tag }

// Ok is the answer, the zero value where there is none.
func (result Result[T, E]) Ok() T { return result.ok }

// Err is why there is no answer.
func (result Result[T, E]) Err() E { return result.err }
