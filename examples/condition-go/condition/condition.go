// Package condition is yes for customers with enough orders, and for those whom the shop tagged.
package condition

import (
	_ "embed"
	"encoding/json"
	"strings"

	"component/bindings/contract"
	"component/bindings/customer"
	"component/bindings/decision"
	"component/bindings/orders"
	"component/bindings/types"
	wit "component/bindings/wit/types"
)

//go:embed config.schema.json
var configSchema string

type config struct {
	MinOrders *uint32 `json:"min_orders"`
	Tag       *string `json:"tag"`
}

// Describe says what the condition reads, and why.
func Describe() types.Descriptor {
	return types.Descriptor{
		Title:        "Loyal customer",
		Summary:      "Yes for customers with enough orders, and for those with a tag.",
		ConfigSchema: configSchema,
		Facts: []types.FactNeed{
			{Fact: "orders.count", Why: "To compare it with the least number of orders."},
			{Fact: "customer.has-tag", Why: "To see whether the shop tagged the customer."},
		},
		Translations: "{}",
		// Go's run-time cannot be called twice.
		Instances: types.InstancesPerSubject,
	}
}

// Branches are none of its own: yes and no.
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
	// Only what is read is loaded, shown in the trace, and asked to be granted: ask for the cheap fact first.
	if orders.Count() >= *config.MinOrders || (config.Tag != nil && customer.HasTag(*config.Tag)) {
		branch = "yes"
	}
	return wit.Ok[contract.Verdict, types.Fault](contract.Verdict{Branch: branch})
}

func read(text string) (*config, *types.Fault) {
	bad := func(message string) (*config, *types.Fault) {
		return nil, &types.Fault{Kind: types.FaultKindBadConfig, Message: message}
	}
	// The parser would end the call on what is nested a thousand times.
	if strings.Count(text, "[")+strings.Count(text, "{") > 100 {
		return bad("the configuration is nested too deeply")
	}
	read := &config{}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(read); err != nil {
		return bad(err.Error())
	}
	if read.MinOrders == nil || *read.MinOrders == 0 {
		return bad("min_orders must be a whole number of at least 1")
	}
	if read.Tag != nil && *read.Tag == "" {
		return bad("tag must be a text that is not empty")
	}
	return read, nil
}
