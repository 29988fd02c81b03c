package serve

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"agentwatch/engine"
	"agentwatch/health"
)

// filler gives every field of a value something that is not nothing, so that a
// field which is lost on the way is missed, also one that is new.
type filler struct{ n int }

func (f *filler) next() int { f.n++; return f.n }

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(f.next()), int64(f.n)*1_001)))
		return
	case health.State:
		v.SetUint(uint64(1 + f.next()%8))
		return
	case health.WaitReason, health.Source:
		v.SetUint(uint64(1 + f.next()%5))
		return
	case engine.Urgency:
		v.SetUint(uint64(1 + f.next()%8))
		return
	case health.FactName, engine.StrategyStatus, engine.Severity:
		v.SetUint(uint64(1 + f.next()%2))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.next() % 100))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(1 + f.next()%100))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.next()) / 7)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d \x1b[31m<é> \u2028\"\\", f.next()))
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Errorf("error %d", f.next())))
	default:
		f.fillParts(v)
	}
}

func (f *filler) fillParts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			// What only its package knows does not travel.
			if v.Field(i).CanSet() {
				f.fill(v.Field(i))
			}
		}
	default:
		panic("the filler knows no " + v.Kind().String())
	}
}

// filled is a value without an empty field.
func filled[T any](f *filler) T {
	var v T
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}

// alike compares values as those do that draw them: a nil slice is an empty one,
// times are equal whatever their zone, and of an error the text counts.
func alike() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreUnexported(health.Identity{}),
		cmp.Comparer(func(a, b error) bool {
			if a == nil || b == nil {
				return (a == nil) == (b == nil)
			}
			return errors.Is(a, b) || a.Error() == b.Error()
		}),
	}
}
