package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	common "meridian.example/client/gen/meridian/common/v1"
	customers "meridian.example/client/gen/meridian/customers/v1"
	inventory "meridian.example/client/gen/meridian/inventory/v1"
	orders "meridian.example/client/gen/meridian/orders/v1"
)

// requestID makes a UUID of version 4.
func requestID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// refusal is the error of a call with its details.
type refusal struct {
	code   codes.Code
	info   *errdetails.ErrorInfo
	unmet  []*errdetails.PreconditionFailure_Violation
	fields []*errdetails.BadRequest_FieldViolation
}

func refusalOf(err error) refusal {
	told := status.Convert(err)
	found := refusal{code: told.Code(), info: &errdetails.ErrorInfo{}}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			found.info = detail
		case *errdetails.PreconditionFailure:
			found.unmet = detail.GetViolations()
		case *errdetails.BadRequest:
			found.fields = detail.GetFieldViolations()
		}
	}
	return found
}

func (s *session) place(ctx context.Context, request *orders.PlaceOrderRequest) (*orders.PlaceOrderResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return s.orders.PlaceOrder(ctx, request)
}

// readme registers, receives goods, orders, and reads the order in the other region.
func (s *session) readme(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.createProduct(ctx, s.clock); err != nil {
		return err
	}
	if err := s.register(ctx, s.ada, "Ada"); err != nil {
		return err
	}
	_, err := s.inventory.ReceiveStock(ctx, &inventory.ReceiveStockRequest{
		RequestId: requestID(), ReceiptId: s.prefix + "-goods", ProductId: s.clock, Quantity: 100,
	})
	if err != nil {
		return err
	}
	request := &orders.PlaceOrderRequest{
		RequestId: requestID(), OrderId: s.order, CustomerId: s.ada,
		Lines: []*orders.OrderLineRequest{{ProductId: s.clock, Quantity: 2}},
	}
	placed, err := s.place(ctx, request)
	if err != nil {
		return err
	}
	s.token = placed.GetReceipt().GetToken()
	answer, err := s.otherOrders.GetOrder(ctx, &orders.GetOrderRequest{OrderId: s.order, Read: read(s.token)})
	if err != nil {
		return err
	}
	summary := answer.GetOrder().GetSummary()
	if err := check(summary.GetStatus() == orders.OrderStatus_ORDER_STATUS_PLACED, "the other region has the order"); err != nil {
		return err
	}
	if err := check(proto.Equal(summary.GetTotal(), placed.GetTotal()), "both tell the same total"); err != nil {
		return err
	}
	report("session", seen{
		"status":      summary.GetStatus().String(),
		"amountMinor": summary.GetTotal().GetAmountMinor(),
		"region":      answer.GetFreshness().GetRegion(),
		"version":     placed.GetReceipt().GetVersion(),
		"replayed":    placed.GetReceipt().GetReplayed(),
	})
	return s.repeat(ctx, request, placed)
}

func (s *session) repeat(ctx context.Context, request *orders.PlaceOrderRequest, placed *orders.PlaceOrderResponse) error {
	again, err := s.place(ctx, request)
	if err != nil {
		return err
	}
	sameToken := proto.Equal(again.GetReceipt().GetToken(), placed.GetReceipt().GetToken())
	sameTotal := proto.Equal(again.GetTotal(), placed.GetTotal())
	if err := check(again.GetReceipt().GetReplayed() && sameToken && sameTotal, "a repeat answers the same, marked"); err != nil {
		return err
	}
	report("repeat", seen{
		"replayed": again.GetReceipt().GetReplayed(), "version": again.GetReceipt().GetVersion(), "sameToken": sameToken,
	})
	return nil
}

// refusals orders 100 products of which there are none, ten times: each refusal arrives, with its details.
func (s *session) refusals(ctx context.Context) error {
	var products, subjects []string
	var lines []*orders.OrderLineRequest
	for number := range 100 {
		id := fmt.Sprintf("%s-short-%03d", s.prefix, number)
		products = append(products, id)
		subjects = append(subjects, "product/"+id)
		lines = append(lines, &orders.OrderLineRequest{ProductId: id, Quantity: 10})
	}
	if err := s.createProducts(ctx, products); err != nil {
		return err
	}
	var told []string
	var last refusal
	for range 10 {
		_, err := s.place(ctx, &orders.PlaceOrderRequest{RequestId: requestID(), CustomerId: s.ada, Lines: lines})
		last = refusalOf(err)
		told = append(told, codeName(last.code))
		if err := check(last.code == codes.FailedPrecondition, "FAILED_PRECONDITION, not %v", err); err != nil {
			return err
		}
		total := last.info.GetMetadata()["violations_total"]
		if err := check(last.info.GetReason() == "INSUFFICIENT_STOCK" && total == "100", "says why, and how many"); err != nil {
			return err
		}
		if err := check(len(last.unmet) > 0, "names products that are short"); err != nil {
			return err
		}
		named := map[string]bool{}
		for _, violation := range last.unmet {
			subject := violation.GetSubject()
			if err := check(slices.Contains(subjects, subject) && !named[subject], "names each product once, not %s", subject); err != nil {
				return err
			}
			named[subject] = true
		}
	}
	report("refusals", seen{
		"codes": told, "reason": last.info.GetReason(), "total": last.info.GetMetadata()["violations_total"],
		"named": len(last.unmet), "first": last.unmet[0].GetSubject(),
	})
	return nil
}

// codeName gives a code's name as the other languages write it: FAILED_PRECONDITION.
func codeName(code codes.Code) string {
	var name strings.Builder
	for index, letter := range code.String() {
		if index > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToUpper(name.String())
}

// badLines sends 1,200 lines of no pieces: the error that names them arrives, too.
func (s *session) badLines(ctx context.Context) error {
	lines := make([]*orders.OrderLineRequest, 1200)
	for index := range lines {
		lines[index] = &orders.OrderLineRequest{ProductId: s.clock}
	}
	_, err := s.place(ctx, &orders.PlaceOrderRequest{RequestId: requestID(), CustomerId: s.ada, Lines: lines})
	told := refusalOf(err)
	if err := check(told.code == codes.InvalidArgument, "INVALID_ARGUMENT, not %v", err); err != nil {
		return err
	}
	total := told.info.GetMetadata()["violations_total"]
	if err := check(total == "1200" && len(told.fields) > 0, "says how many lines are bad, and names the first"); err != nil {
		return err
	}
	report("bad-lines", seen{
		"code": codeName(told.code), "reason": told.info.GetReason(), "total": total,
		"named": len(told.fields), "first": told.fields[0].GetField(),
	})
	return nil
}

// longDeadlines names deadlines of 30 and of 60 days, for a question and for a watch.
func (s *session) longDeadlines(ctx context.Context) error {
	for _, days := range []int{30, 60} {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(days)*24*time.Hour)
		defer cancel()
		answer, err := s.homeOrders.GetOrder(ctx, &orders.GetOrderRequest{OrderId: s.order, Read: read(s.token)})
		if err != nil {
			return err
		}
		watch, err := s.homeOrders.WatchOrder(ctx, &orders.WatchOrderRequest{OrderId: s.order, Read: read(s.token)})
		if err != nil {
			return err
		}
		first, err := watch.Recv()
		if err != nil {
			return err
		}
		report("long-deadline", seen{
			"days":    days,
			"asked":   answer.GetOrder().GetSummary().GetVersion(),
			"watched": first.GetOrder().GetSummary().GetVersion(),
		})
	}
	return nil
}

// watch watches an order from the other region while it is paid and shipped.
func (s *session) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*timeout)
	defer cancel()
	watch, err := s.otherOrders.WatchOrder(ctx, &orders.WatchOrderRequest{OrderId: s.order, Read: read(s.token)})
	if err != nil {
		return err
	}
	var changes []seen
	see := func(status orders.OrderStatus) (*orders.OrderSummary, error) {
		answer, err := watch.Recv()
		if err != nil {
			return nil, err
		}
		summary := answer.GetOrder().GetSummary()
		changes = append(changes, seen{"version": summary.GetVersion(), "status": summary.GetStatus().String()})
		return summary, check(summary.GetStatus() == status, "the watch tells %v, not %v", status, summary.GetStatus())
	}
	summary, err := see(orders.OrderStatus_ORDER_STATUS_PLACED)
	if err != nil {
		return err
	}
	_, err = s.orders.PayOrder(ctx, &orders.PayOrderRequest{
		RequestId: requestID(), OrderId: s.order, Amount: summary.GetTotal(), PaymentReference: "p-1",
	})
	if err != nil {
		return err
	}
	if _, err = see(orders.OrderStatus_ORDER_STATUS_PAID); err != nil {
		return err
	}
	if _, err = s.orders.ShipOrder(ctx, &orders.ShipOrderRequest{RequestId: requestID(), OrderId: s.order}); err != nil {
		return err
	}
	if _, err = see(orders.OrderStatus_ORDER_STATUS_SHIPPED); err != nil {
		return err
	}
	report("watch", seen{"seen": changes})
	return nil
}

// pages places five orders, two of them at one time, and lists them by two: newest first, then by id, largest first.
func (s *session) pages(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.register(ctx, s.bob, "Bob"); err != nil {
		return err
	}
	var token *common.ConsistencyToken
	for index, hour := range []int{10, 11, 11, 13, 12} {
		placed, err := s.place(ctx, &orders.PlaceOrderRequest{
			RequestId: requestID(), OrderId: fmt.Sprintf("%s-%d", s.bob, index+1), CustomerId: s.bob,
			Lines:    []*orders.OrderLineRequest{{ProductId: s.clock, Quantity: 1}},
			PlacedAt: timestamppb.New(time.Date(2026, time.March, 1, hour, 0, 0, 0, time.UTC)),
		})
		if err != nil {
			return err
		}
		token = merged(token, placed.GetReceipt().GetToken())
	}
	var pages [][]string
	var listed []string
	for pageToken := ""; len(pages) == 0 || pageToken != ""; {
		if err := check(len(pages) < 5, "the pages end"); err != nil {
			return err
		}
		page, err := s.otherOrders.ListCustomerOrders(ctx, &orders.ListCustomerOrdersRequest{
			CustomerId: s.bob, PageSize: 2, PageToken: pageToken, Read: read(token),
		})
		if err != nil {
			return err
		}
		ids := []string{}
		for _, order := range page.GetOrders() {
			ids = append(ids, order.GetOrderId())
		}
		pages, listed, pageToken = append(pages, ids), append(listed, ids...), page.GetNextPageToken()
	}
	var promised []string
	for _, number := range []int{4, 5, 3, 2, 1} {
		promised = append(promised, fmt.Sprintf("%s-%d", s.bob, number))
	}
	if err := check(slices.Equal(listed, promised), "newest first, not %v", listed); err != nil {
		return err
	}
	report("pages", seen{"pages": pages})
	return nil
}

// erasure erases a customer: the other region then knows no name, no e-mail and no address.
func (s *session) erasure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	customer := func(token *common.ConsistencyToken) (*customers.Customer, error) {
		answer, err := s.otherCustomers.GetCustomer(ctx, &customers.GetCustomerRequest{CustomerId: s.bob, Read: read(token)})
		return answer.GetCustomer(), err
	}
	before, err := customer(nil)
	if err != nil {
		return err
	}
	if err := check(before.GetName() == "Bob", "a customer is read before they are erased"); err != nil {
		return err
	}
	erased, err := s.customers.EraseCustomer(ctx, &customers.EraseCustomerRequest{RequestId: requestID(), CustomerId: s.bob})
	if err != nil {
		return err
	}
	after, err := customer(erased.GetReceipt().GetToken())
	if err != nil {
		return err
	}
	left := after.GetName() + after.GetEmail() + after.GetAddress()
	isErased := after.GetStatus() == customers.CustomerStatus_CUSTOMER_STATUS_ERASED
	if err := check(isErased && left == "", "an erased customer has no name, e-mail or address"); err != nil {
		return err
	}
	_, err = s.customers.UpdateCustomer(ctx, &customers.UpdateCustomerRequest{
		RequestId: requestID(), CustomerId: s.bob, Name: "Bob", Country: "France",
	})
	told := refusalOf(err)
	if err := check(told.code == codes.FailedPrecondition, "an erased customer stays erased, not %v", err); err != nil {
		return err
	}
	report("erasure", seen{
		"before": before.GetName(), "status": after.GetStatus().String(), "left": left,
		"orders": after.GetOrdersPlaced(), "update": told.info.GetReason(),
	})
	return nil
}
