"""Runs a session with Meridian as any Python program could: grpcio and what grpc_tools.protoc makes of the contract.

Prints a line of JSON for each step. Ends with an error at the first promise of the contract that is not kept.
"""

import argparse
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from meridian.catalog.v1 import command_service_pb2 as catalog
from meridian.catalog.v1.command_service_pb2_grpc import CatalogCommandServiceStub
from meridian.common.v1.common_pb2 import ConsistencyToken, Money, ReadOptions
from meridian.customers.v1 import command_service_pb2 as customers
from meridian.customers.v1 import query_service_pb2 as customer_questions
from meridian.customers.v1.command_service_pb2_grpc import CustomersCommandServiceStub
from meridian.customers.v1.query_service_pb2_grpc import CustomersQueryServiceStub
from meridian.inventory.v1 import command_service_pb2 as inventory
from meridian.inventory.v1.command_service_pb2_grpc import InventoryCommandServiceStub
from meridian.orders.v1 import command_service_pb2 as orders
from meridian.orders.v1 import query_service_pb2 as order_questions
from meridian.orders.v1.command_service_pb2_grpc import OrdersCommandServiceStub
from meridian.orders.v1.query_service_pb2_grpc import OrdersQueryServiceStub

# Seconds.
TIMEOUT = 60
DAY = 86_400


def request_id():
    return str(uuid.uuid4())


def check(kept, promise):
    if not kept:
        raise AssertionError(promise)


def report(step, **seen):
    print(json.dumps({"step": step, **seen}), flush=True)


def status_name(status):
    return order_questions.OrderStatus.Name(status)


def merged(*tokens):
    """One token that names all that these tokens name."""
    highest = {}
    for token in tokens:
        for entry in token.entries:
            place = (entry.context, entry.partition)
            highest[place] = max(highest.get(place, 0), entry.position)
    token = ConsistencyToken()
    for (context, partition), position in highest.items():
        token.entries.add(context=context, partition=partition, position=position)
    return token


def refusal_of(call, request):
    """The error of a call that must fail: its code, its ErrorInfo, and the details of the other kinds.

    All details are empty where gRPC itself gave the error, such as DEADLINE_EXCEEDED.
    """
    try:
        call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        info = error_details_pb2.ErrorInfo()
        unmet = error_details_pb2.PreconditionFailure()
        bad = error_details_pb2.BadRequest()
        for detail in status.details if status is not None else ():
            for message in (info, unmet, bad):
                detail.Unpack(message)
        return error.code().name, info, unmet.violations, bad.field_violations
    raise AssertionError("the call is refused")


class Session:
    def __init__(self, command, home, other, prefix):
        self.prefix = prefix
        self.catalog = CatalogCommandServiceStub(command)
        self.inventory = InventoryCommandServiceStub(command)
        self.customers = CustomersCommandServiceStub(command)
        self.orders = OrdersCommandServiceStub(command)
        self.home_orders = OrdersQueryServiceStub(home)
        self.other_orders = OrdersQueryServiceStub(other)
        self.other_customers = CustomersQueryServiceStub(other)
        self.clock = f"{prefix}-clock"
        self.ada = f"{prefix}-ada"
        self.order = f"{prefix}-ada-1"
        self.token = ConsistencyToken()

    def create_product(self, product_id):
        price = Money(currency_code="GBP", amount_minor=250)
        self.catalog.CreateProduct(
            catalog.CreateProductRequest(
                request_id=request_id(), product_id=product_id, name="Clock", price=price
            ),
            timeout=TIMEOUT,
        )

    def register(self, customer_id, name):
        self.customers.RegisterCustomer(
            customers.RegisterCustomerRequest(
                request_id=request_id(),
                customer_id=customer_id,
                name=name,
                email="someone@example.org",
                address="1 Long Lane\nParis",
                country="France",
            ),
            timeout=TIMEOUT,
        )

    def readme(self):
        """Registers, receives goods, orders, and reads the order in the other region."""
        self.create_product(self.clock)
        self.register(self.ada, "Ada")
        self.inventory.ReceiveStock(
            inventory.ReceiveStockRequest(
                request_id=request_id(),
                receipt_id=f"{self.prefix}-goods",
                product_id=self.clock,
                quantity=100,
            ),
            timeout=TIMEOUT,
        )
        request = orders.PlaceOrderRequest(
            request_id=request_id(),
            order_id=self.order,
            customer_id=self.ada,
            lines=[orders.OrderLineRequest(product_id=self.clock, quantity=2)],
        )
        placed = self.orders.PlaceOrder(request, timeout=TIMEOUT)
        self.token = placed.receipt.token
        answer = self.other_orders.GetOrder(
            order_questions.GetOrderRequest(order_id=self.order, read=ReadOptions(token=self.token)),
            timeout=TIMEOUT,
        )
        summary = answer.order.summary
        check(summary.status == order_questions.ORDER_STATUS_PLACED, "the other region has the order")
        check(summary.total == placed.total, "both tell the same total")
        report(
            "session",
            status=status_name(summary.status),
            amountMinor=summary.total.amount_minor,
            region=answer.freshness.region,
            version=placed.receipt.version,
            replayed=placed.receipt.replayed,
        )
        again = self.orders.PlaceOrder(request, timeout=TIMEOUT)
        check(again.receipt.replayed, "a repeat is marked")
        check(again.total == placed.total, "a repeat answers the same total")
        same_token = again.receipt.token == placed.receipt.token
        check(same_token, "a repeat answers the same token")
        report("repeat", replayed=again.receipt.replayed, version=again.receipt.version, sameToken=same_token)

    def refusals(self):
        """Orders 100 products of which there are none, ten times: each refusal arrives, with its details."""
        products = [f"{self.prefix}-short-{number:03}" for number in range(100)]
        with ThreadPoolExecutor(max_workers=10) as several:
            list(several.map(self.create_product, products))
        codes = []
        for _ in range(10):
            code, info, violations, _ = refusal_of(
                self.orders.PlaceOrder,
                orders.PlaceOrderRequest(
                    request_id=request_id(),
                    customer_id=self.ada,
                    lines=[orders.OrderLineRequest(product_id=id, quantity=10) for id in products],
                ),
            )
            codes.append(code)
            check(code == "FAILED_PRECONDITION", f"FAILED_PRECONDITION, not {code}")
            check(info.domain == "meridian" and info.reason == "INSUFFICIENT_STOCK", "says why")
            check(info.metadata["violations_total"] == "100", "says how many products are short")
            subjects = {violation.subject for violation in violations}
            check(len(subjects) == len(violations) > 0, "names products that are short, each once")
            check(subjects <= {f"product/{id}" for id in products}, "names only products that are short")
        report(
            "refusals",
            codes=codes,
            reason=info.reason,
            total=info.metadata["violations_total"],
            named=len(violations),
            first=violations[0].subject,
        )

    def bad_lines(self):
        """Sends 1,200 lines of no pieces: the error that names them arrives, too."""
        lines = [orders.OrderLineRequest(product_id=self.clock, quantity=0) for _ in range(1_200)]
        code, info, _, fields = refusal_of(
            self.orders.PlaceOrder,
            orders.PlaceOrderRequest(request_id=request_id(), customer_id=self.ada, lines=lines),
        )
        check(code == "INVALID_ARGUMENT", f"INVALID_ARGUMENT, not {code}")
        check(info.metadata["violations_total"] == "1200", "says how many lines are bad")
        check(len(fields) > 0, "names the first bad lines")
        report(
            "bad-lines",
            code=code,
            reason=info.reason,
            total=info.metadata["violations_total"],
            named=len(fields),
            first=fields[0].field,
        )

    def long_deadlines(self):
        """Names deadlines of 30 and of 60 days, for a question and for a watch."""
        read = ReadOptions(token=self.token)
        for days in (30, 60):
            answer = self.home_orders.GetOrder(
                order_questions.GetOrderRequest(order_id=self.order, read=read), timeout=days * DAY
            )
            watch = self.home_orders.WatchOrder(
                order_questions.WatchOrderRequest(order_id=self.order, read=read), timeout=days * DAY
            )
            first = next(watch)
            watch.cancel()
            report(
                "long-deadline",
                days=days,
                asked=answer.order.summary.version,
                watched=first.order.summary.version,
            )

    def watch(self):
        """Watches an order from the other region while it is paid and shipped."""
        seen = []
        watch = self.other_orders.WatchOrder(
            order_questions.WatchOrderRequest(order_id=self.order, read=ReadOptions(token=self.token)),
            timeout=TIMEOUT * 5,
        )

        def see(status):
            summary = next(watch).order.summary
            check(summary.status == status, f"the watch tells {status_name(status)}")
            seen.append({"version": summary.version, "status": status_name(summary.status)})
            return summary

        summary = see(order_questions.ORDER_STATUS_PLACED)
        self.orders.PayOrder(
            orders.PayOrderRequest(
                request_id=request_id(), order_id=self.order, amount=summary.total, payment_reference="p-1"
            ),
            timeout=TIMEOUT,
        )
        see(order_questions.ORDER_STATUS_PAID)
        self.orders.ShipOrder(
            orders.ShipOrderRequest(request_id=request_id(), order_id=self.order), timeout=TIMEOUT
        )
        see(order_questions.ORDER_STATUS_SHIPPED)
        watch.cancel()
        report("watch", seen=seen)

    def pages(self):
        """Places five orders, two of them at one time, and lists them by two: newest first, then by id, largest first."""
        bob = f"{self.prefix}-bob"
        self.register(bob, "Bob")
        token = ConsistencyToken()
        for number, hour in ((1, 10), (2, 11), (3, 11), (4, 13), (5, 12)):
            request = orders.PlaceOrderRequest(
                request_id=request_id(),
                order_id=f"{bob}-{number}",
                customer_id=bob,
                lines=[orders.OrderLineRequest(product_id=self.clock, quantity=1)],
            )
            request.placed_at.FromJsonString(f"2026-03-01T{hour}:00:00Z")
            token = merged(token, self.orders.PlaceOrder(request, timeout=TIMEOUT).receipt.token)
        pages, page_token = [], ""
        while not pages or page_token:
            check(len(pages) < 5, "the pages end")
            page = self.other_orders.ListCustomerOrders(
                order_questions.ListCustomerOrdersRequest(
                    customer_id=bob, page_size=2, page_token=page_token, read=ReadOptions(token=token)
                ),
                timeout=TIMEOUT,
            )
            pages.append([order.order_id for order in page.orders])
            page_token = page.next_page_token
        listed = [order_id for page in pages for order_id in page]
        check(listed == [f"{bob}-{number}" for number in (4, 5, 3, 2, 1)], f"newest first, not {listed}")
        report("pages", pages=pages)

    def erasure(self):
        """Erases a customer: the other region then knows no name, no e-mail and no address."""
        bob = f"{self.prefix}-bob"

        def read(token):
            return self.other_customers.GetCustomer(
                customer_questions.GetCustomerRequest(customer_id=bob, read=ReadOptions(token=token)),
                timeout=TIMEOUT,
            ).customer

        before = read(ConsistencyToken())
        check(before.name == "Bob", "a customer is read before they are erased")
        erased = self.customers.EraseCustomer(
            customers.EraseCustomerRequest(request_id=request_id(), customer_id=bob), timeout=TIMEOUT
        )
        after = read(erased.receipt.token)
        check(after.status == customer_questions.CUSTOMER_STATUS_ERASED, "the customer is erased")
        check(after.name == after.email == after.address == "", "what is erased is empty")
        code, info, _, _ = refusal_of(
            self.customers.UpdateCustomer,
            customers.UpdateCustomerRequest(
                request_id=request_id(), customer_id=bob, name="Bob", country="France"
            ),
        )
        check(code == "FAILED_PRECONDITION", "an erased customer stays erased")
        report(
            "erasure",
            before=before.name,
            status=customer_questions.CustomerStatus.Name(after.status),
            left=after.name + after.email + after.address,
            orders=after.orders_placed,
            update=info.reason,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("command", "home", "other", "prefix"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    with (
        grpc.insecure_channel(given.command) as command,
        grpc.insecure_channel(given.home) as home,
        grpc.insecure_channel(given.other) as other,
    ):
        session = Session(command, home, other, given.prefix)
        session.readme()
        session.refusals()
        session.bad_lines()
        session.long_deadlines()
        session.watch()
        session.pages()
        session.erasure()


if __name__ == "__main__":
    main()
