// Package condition is yes for customers with enough orders.
package condition

import (
	_ "embed"
	"encoding/json"

	"component/bindings/contract"
	"component/bindings/decision"
	"component/bindings/orders"
	"component/bindings/types"
	wit "component/bindings/wit/types"
)

// What a strategy may configure; the console makes its form from it.
//
//go:embed config.schema.json
var configSchema string

type config struct {
	MinOrders uint32 `json:"min_orders"`
}

// Describe says what the condition reads, and why.
func Describe() types.Descriptor {
	return types.Descriptor{
		Title:        "{{title}}",
		Summary:      "Yes for customers with enough orders.",
		ConfigSchema: configSchema,
		Facts:        []types.FactNeed{{Fact: "orders.count", Why: "To compare it with the least number of orders."}},
		Translations: "{}",
		// Go's run-time cannot be called twice.
		Instances: types.InstancesPerSubject,
	}
}

// Branches are yes and no.
func Branches() []string { return nil }

// CheckConfig names the field that is wrong.
func CheckConfig(text string) wit.Result[wit.Unit, types.Fault] {
	if _, fault := read(text); fault != nil {
		return wit.Err[wit.Unit](*fault)
	}
	return wit.Ok[wit.Unit, types.Fault](wit.Unit{})
}

// Evaluate decides about the one subject that is present.
func Evaluate() wit.Result[contract.Verdict, types.Fault] {
	config, fault := read(decision.Config())
	if fault != nil {
		return wit.Err[contract.Verdict](*fault)
	}
	branch := "no"
	if orders.Count() >= config.MinOrders {
		branch = "yes"
	}
	return wit.Ok[contract.Verdict, types.Fault](contract.Verdict{Branch: branch})
}

func read(text string) (read config, fault *types.Fault) {
	if err := json.Unmarshal([]byte(text), &read); err != nil || read.MinOrders == 0 {
		fault = &types.Fault{Kind: types.FaultKindBadConfig, Message: "min_orders must be a whole number of at least 1"}
	}
	return read, fault
}
