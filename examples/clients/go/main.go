// Client runs a session with Meridian as any Go program could: google.golang.org/grpc and what protoc-gen-go makes of the contract.
//
// It prints a line of JSON for each step. It ends with an error at the first promise of the contract that is not kept.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	catalog "meridian.example/client/gen/meridian/catalog/v1"
	common "meridian.example/client/gen/meridian/common/v1"
	customers "meridian.example/client/gen/meridian/customers/v1"
	inventory "meridian.example/client/gen/meridian/inventory/v1"
	orders "meridian.example/client/gen/meridian/orders/v1"
)

const timeout = time.Minute

// session is what the steps share.
type session struct {
	prefix, clock, ada, bob, order string

	catalog        catalog.CatalogCommandServiceClient
	inventory      inventory.InventoryCommandServiceClient
	customers      customers.CustomersCommandServiceClient
	orders         orders.OrdersCommandServiceClient
	homeOrders     orders.OrdersQueryServiceClient
	otherOrders    orders.OrdersQueryServiceClient
	otherCustomers customers.CustomersQueryServiceClient

	// token names the order once it is placed.
	token *common.ConsistencyToken
}

type seen map[string]any

// report prints a step.
func report(step string, facts seen) {
	facts["step"] = step
	line, err := json.Marshal(facts)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

// check gives an error when a promise is not kept.
func check(kept bool, promise string, args ...any) error {
	if kept {
		return nil
	}
	return fmt.Errorf("not kept: "+promise, args...)
}

// merged is one token that names all that these tokens name.
func merged(tokens ...*common.ConsistencyToken) *common.ConsistencyToken {
	type place struct {
		context   common.Context
		partition uint32
	}
	highest := map[place]uint64{}
	for _, token := range tokens {
		for _, entry := range token.GetEntries() {
			at := place{entry.Context, entry.Partition}
			highest[at] = max(highest[at], entry.Position)
		}
	}
	token := &common.ConsistencyToken{}
	for at, position := range highest {
		entry := &common.TokenEntry{Context: at.context, Partition: at.partition, Position: position}
		token.Entries = append(token.Entries, entry)
	}
	return token
}

func read(token *common.ConsistencyToken) *common.ReadOptions {
	return &common.ReadOptions{Token: token}
}

func (s *session) createProduct(ctx context.Context, id string) error {
	_, err := s.catalog.CreateProduct(ctx, &catalog.CreateProductRequest{
		RequestId: requestID(), ProductId: id, Name: "Clock",
		Price: &common.Money{CurrencyCode: "GBP", AmountMinor: 250},
	})
	return err
}

// createProducts adds products, ten at a time.
func (s *session) createProducts(ctx context.Context, ids []string) error {
	var group sync.WaitGroup
	turns := make(chan struct{}, 10)
	failures := make(chan error, len(ids))
	for _, id := range ids {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			failures <- s.createProduct(ctx, id)
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) register(ctx context.Context, id, name string) error {
	_, err := s.customers.RegisterCustomer(ctx, &customers.RegisterCustomerRequest{
		RequestId: requestID(), CustomerId: id, Name: name,
		Email: "someone@example.org", Address: "1 Long Lane\nParis", Country: "France",
	})
	return err
}

func connect(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

func run(command, home, other, prefix string) error {
	var channels []*grpc.ClientConn
	for _, address := range []string{command, home, other} {
		channel, err := connect(address)
		if err != nil {
			return err
		}
		defer channel.Close()
		channels = append(channels, channel)
	}
	s := &session{
		prefix: prefix, clock: prefix + "-clock", ada: prefix + "-ada", bob: prefix + "-bob", order: prefix + "-ada-1",
		catalog:        catalog.NewCatalogCommandServiceClient(channels[0]),
		inventory:      inventory.NewInventoryCommandServiceClient(channels[0]),
		customers:      customers.NewCustomersCommandServiceClient(channels[0]),
		orders:         orders.NewOrdersCommandServiceClient(channels[0]),
		homeOrders:     orders.NewOrdersQueryServiceClient(channels[1]),
		otherOrders:    orders.NewOrdersQueryServiceClient(channels[2]),
		otherCustomers: customers.NewCustomersQueryServiceClient(channels[2]),
	}
	steps := []func(context.Context) error{
		s.readme, s.refusals, s.badLines, s.longDeadlines, s.watch, s.pages, s.erasure,
	}
	for _, step := range steps {
		if err := step(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	command := flag.String("command", "", "the command-service, host:port")
	home := flag.String("home", "", "the query-service of the home region, host:port")
	other := flag.String("other", "", "the query-service of another region, host:port")
	prefix := flag.String("prefix", "", "what every id of this session begins with")
	flag.Parse()
	if err := run(*command, *home, *other, *prefix); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
