package client;

import com.google.gson.Gson;
import com.google.protobuf.Timestamp;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.AbstractBlockingStub;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import meridian.catalog.v1.CatalogCommandServiceGrpc;
import meridian.catalog.v1.CatalogCommandServiceGrpc.CatalogCommandServiceBlockingStub;
import meridian.catalog.v1.CommandService.CreateProductRequest;
import meridian.common.v1.Common.ConsistencyToken;
import meridian.common.v1.Common.Money;
import meridian.common.v1.Common.ReadOptions;
import meridian.common.v1.Common.TokenEntry;
import meridian.customers.v1.CommandService.EraseCustomerRequest;
import meridian.customers.v1.CommandService.RegisterCustomerRequest;
import meridian.customers.v1.CommandService.UpdateCustomerRequest;
import meridian.customers.v1.CustomersCommandServiceGrpc;
import meridian.customers.v1.CustomersCommandServiceGrpc.CustomersCommandServiceBlockingStub;
import meridian.customers.v1.CustomersQueryServiceGrpc;
import meridian.customers.v1.CustomersQueryServiceGrpc.CustomersQueryServiceBlockingStub;
import meridian.customers.v1.QueryService.Customer;
import meridian.customers.v1.QueryService.CustomerStatus;
import meridian.customers.v1.QueryService.GetCustomerRequest;
import meridian.inventory.v1.CommandService.ReceiveStockRequest;
import meridian.inventory.v1.InventoryCommandServiceGrpc;
import meridian.inventory.v1.InventoryCommandServiceGrpc.InventoryCommandServiceBlockingStub;
import meridian.orders.v1.CommandService.OrderLineRequest;
import meridian.orders.v1.CommandService.PayOrderRequest;
import meridian.orders.v1.CommandService.PlaceOrderRequest;
import meridian.orders.v1.CommandService.PlaceOrderResponse;
import meridian.orders.v1.CommandService.ShipOrderRequest;
import meridian.orders.v1.OrdersCommandServiceGrpc;
import meridian.orders.v1.OrdersCommandServiceGrpc.OrdersCommandServiceBlockingStub;
import meridian.orders.v1.OrdersQueryServiceGrpc;
import meridian.orders.v1.OrdersQueryServiceGrpc.OrdersQueryServiceBlockingStub;
import meridian.orders.v1.QueryService.GetOrderRequest;
import meridian.orders.v1.QueryService.GetOrderResponse;
import meridian.orders.v1.QueryService.ListCustomerOrdersRequest;
import meridian.orders.v1.QueryService.ListCustomerOrdersResponse;
import meridian.orders.v1.QueryService.OrderStatus;
import meridian.orders.v1.QueryService.OrderSummary;
import meridian.orders.v1.QueryService.WatchOrderRequest;
import meridian.orders.v1.QueryService.WatchOrderResponse;

/** The steps of the session, in their order. */
final class Session {
  private static final Gson JSON = new Gson();

  private final CatalogCommandServiceBlockingStub catalog;
  private final InventoryCommandServiceBlockingStub inventory;
  private final CustomersCommandServiceBlockingStub customers;
  private final OrdersCommandServiceBlockingStub orders;
  private final OrdersQueryServiceBlockingStub homeOrders;
  private final OrdersQueryServiceBlockingStub otherOrders;
  private final CustomersQueryServiceBlockingStub otherCustomers;
  private final String prefix;
  private final String clock;
  private final String ada;
  private final String bob;
  private final String order;

  /** Names the order once it is placed. */
  private ConsistencyToken token = ConsistencyToken.getDefaultInstance();

  Session(Channel command, Channel home, Channel other, String prefix) {
    catalog = CatalogCommandServiceGrpc.newBlockingStub(command);
    inventory = InventoryCommandServiceGrpc.newBlockingStub(command);
    customers = CustomersCommandServiceGrpc.newBlockingStub(command);
    orders = OrdersCommandServiceGrpc.newBlockingStub(command);
    homeOrders = OrdersQueryServiceGrpc.newBlockingStub(home);
    otherOrders = OrdersQueryServiceGrpc.newBlockingStub(other);
    otherCustomers = CustomersQueryServiceGrpc.newBlockingStub(other);
    this.prefix = prefix;
    clock = prefix + "-clock";
    ada = prefix + "-ada";
    bob = prefix + "-bob";
    order = prefix + "-ada-1";
  }

  void run() throws Exception {
    readme();
    refusals();
    badLines();
    longDeadlines();
    watch();
    pages();
    erasure();
  }

  /** Registers, receives goods, orders, and reads the order in the other region. */
  private void readme() {
    createProduct(clock);
    register(ada, "Ada");
    soon(inventory)
        .receiveStock(
            ReceiveStockRequest.newBuilder()
                .setRequestId(requestId())
                .setReceiptId(prefix + "-goods")
                .setProductId(clock)
                .setQuantity(100)
                .build());
    PlaceOrderRequest request =
        PlaceOrderRequest.newBuilder()
            .setRequestId(requestId())
            .setOrderId(order)
            .setCustomerId(ada)
            .addLines(line(clock, 2))
            .build();
    PlaceOrderResponse placed = soon(orders).placeOrder(request);
    token = placed.getReceipt().getToken();
    GetOrderResponse answer =
        soon(otherOrders).getOrder(GetOrderRequest.newBuilder().setOrderId(order).setRead(read(token)).build());
    OrderSummary summary = answer.getOrder().getSummary();
    check(summary.getStatus() == OrderStatus.ORDER_STATUS_PLACED, "the other region has the order");
    check(summary.getTotal().equals(placed.getTotal()), "both tell the same total");
    report(
        "session",
        Map.of(
            "status", summary.getStatus().name(),
            "amountMinor", summary.getTotal().getAmountMinor(),
            "region", answer.getFreshness().getRegion(),
            "version", placed.getReceipt().getVersion(),
            "replayed", placed.getReceipt().getReplayed()));

    PlaceOrderResponse again = soon(orders).placeOrder(request);
    boolean sameToken = again.getReceipt().getToken().equals(token);
    check(again.getReceipt().getReplayed(), "a repeat is marked");
    check(sameToken && again.getTotal().equals(placed.getTotal()), "a repeat answers the same");
    report(
        "repeat",
        Map.of(
            "replayed", again.getReceipt().getReplayed(),
            "version", again.getReceipt().getVersion(),
            "sameToken", sameToken));
  }

  /** Orders 100 products of which there are none, ten times: each refusal arrives, with its details. */
  private void refusals() throws Exception {
    List<String> products =
        IntStream.range(0, 100).mapToObj(number -> "%s-short-%03d".formatted(prefix, number)).toList();
    createProducts(products);
    List<String> codes = new ArrayList<>();
    Refusal last = null;
    for (int attempt = 0; attempt < 10; attempt++) {
      PlaceOrderRequest request =
          PlaceOrderRequest.newBuilder()
              .setRequestId(requestId())
              .setCustomerId(ada)
              .addAllLines(products.stream().map(id -> line(id, 10)).toList())
              .build();
      last = Refusal.of(() -> soon(orders).placeOrder(request));
      codes.add(last.code());
      check(last.code().equals("FAILED_PRECONDITION"), "FAILED_PRECONDITION, not " + last.code());
      check(last.info().getReason().equals("INSUFFICIENT_STOCK"), "says why");
      check(last.total().equals("100"), "says how many products are short");
      check(!last.unmet().isEmpty(), "names products that are short");
      Set<String> named = new HashSet<>();
      for (var violation : last.unmet()) {
        String subject = violation.getSubject();
        boolean isShort = products.contains(subject.replaceFirst("^product/", ""));
        check(isShort && named.add(subject), "names each product once, not " + subject);
      }
    }
    report(
        "refusals",
        Map.of(
            "codes", codes,
            "reason", last.info().getReason(),
            "total", last.total(),
            "named", last.unmet().size(),
            "first", last.unmet().get(0).getSubject()));
  }

  /** Sends 1,200 lines of no pieces: the error that names them arrives, too. */
  private void badLines() throws Exception {
    PlaceOrderRequest.Builder request =
        PlaceOrderRequest.newBuilder().setRequestId(requestId()).setCustomerId(ada);
    for (int number = 0; number < 1_200; number++) {
      request.addLines(line(clock, 0));
    }
    Refusal told = Refusal.of(() -> soon(orders).placeOrder(request.build()));
    check(told.code().equals("INVALID_ARGUMENT"), "INVALID_ARGUMENT, not " + told.code());
    check(told.total().equals("1200"), "says how many lines are bad");
    check(!told.fields().isEmpty(), "names the first bad lines");
    report(
        "bad-lines",
        Map.of(
            "code", told.code(),
            "reason", told.info().getReason(),
            "total", told.total(),
            "named", told.fields().size(),
            "first", told.fields().get(0).getField()));
  }

  /** Names deadlines of 30 and of 60 days, for a question and for a watch. */
  private void longDeadlines() throws Exception {
    for (int days : List.of(30, 60)) {
      var patient = homeOrders.withDeadlineAfter(days, TimeUnit.DAYS);
      GetOrderResponse answer =
          patient.getOrder(GetOrderRequest.newBuilder().setOrderId(order).setRead(read(token)).build());
      watching(
          patient,
          answers ->
              report(
                  "long-deadline",
                  Map.of(
                      "days", days,
                      "asked", answer.getOrder().getSummary().getVersion(),
                      "watched", answers.next().getOrder().getSummary().getVersion())));
    }
  }

  /** Watches an order from the other region while it is paid and shipped. */
  private void watch() throws Exception {
    List<Map<String, Object>> seen = new ArrayList<>();
    watching(
        otherOrders.withDeadlineAfter(5, TimeUnit.MINUTES),
        answers -> {
          OrderSummary summary = see(answers, OrderStatus.ORDER_STATUS_PLACED, seen);
          soon(orders)
              .payOrder(
                  PayOrderRequest.newBuilder()
                      .setRequestId(requestId())
                      .setOrderId(order)
                      .setAmount(summary.getTotal())
                      .setPaymentReference("p-1")
                      .build());
          see(answers, OrderStatus.ORDER_STATUS_PAID, seen);
          soon(orders)
              .shipOrder(ShipOrderRequest.newBuilder().setRequestId(requestId()).setOrderId(order).build());
          see(answers, OrderStatus.ORDER_STATUS_SHIPPED, seen);
        });
    report("watch", Map.of("seen", seen));
  }

  private static OrderSummary see(
      Iterator<WatchOrderResponse> answers, OrderStatus status, List<Map<String, Object>> seen) {
    OrderSummary summary = answers.next().getOrder().getSummary();
    check(summary.getStatus() == status, "the watch tells " + status + ", not " + summary.getStatus());
    seen.add(Map.of("version", summary.getVersion(), "status", summary.getStatus().name()));
    return summary;
  }

  private interface Watcher {
    void watch(Iterator<WatchOrderResponse> answers);
  }

  /** Watches the order, and ends the watch when the watcher has seen enough. */
  private void watching(OrdersQueryServiceBlockingStub stub, Watcher watcher) {
    WatchOrderRequest request =
        WatchOrderRequest.newBuilder().setOrderId(order).setRead(read(token)).build();
    try (Context.CancellableContext call = Context.current().withCancellation()) {
      call.run(() -> watcher.watch(stub.watchOrder(request)));
    }
  }

  /** Places five orders, two of them at one time, and lists them by two: newest first, then by id, largest first. */
  private void pages() {
    register(bob, "Bob");
    ConsistencyToken placed = ConsistencyToken.getDefaultInstance();
    List<Integer> hours = List.of(10, 11, 11, 13, 12);
    for (int index = 0; index < hours.size(); index++) {
      Instant at = Instant.parse("2026-03-01T%d:00:00Z".formatted(hours.get(index)));
      PlaceOrderResponse answer =
          soon(orders)
              .placeOrder(
                  PlaceOrderRequest.newBuilder()
                      .setRequestId(requestId())
                      .setOrderId(bob + "-" + (index + 1))
                      .setCustomerId(bob)
                      .addLines(line(clock, 1))
                      .setPlacedAt(Timestamp.newBuilder().setSeconds(at.getEpochSecond()))
                      .build());
      placed = merged(placed, answer.getReceipt().getToken());
    }
    List<List<String>> pages = new ArrayList<>();
    String pageToken = "";
    do {
      check(pages.size() < 5, "the pages end");
      ListCustomerOrdersResponse page =
          soon(otherOrders)
              .listCustomerOrders(
                  ListCustomerOrdersRequest.newBuilder()
                      .setCustomerId(bob)
                      .setPageSize(2)
                      .setPageToken(pageToken)
                      .setRead(read(placed))
                      .build());
      pages.add(page.getOrdersList().stream().map(OrderSummary::getOrderId).toList());
      pageToken = page.getNextPageToken();
    } while (!pageToken.isEmpty());
    List<String> listed = pages.stream().flatMap(List::stream).toList();
    List<String> promised = IntStream.of(4, 5, 3, 2, 1).mapToObj(number -> bob + "-" + number).toList();
    check(listed.equals(promised), "newest first, not " + listed);
    report("pages", Map.of("pages", pages));
  }

  /** Erases a customer: the other region then knows no name, no e-mail and no address. */
  private void erasure() throws Exception {
    Customer before = customer(ConsistencyToken.getDefaultInstance());
    check(before.getName().equals("Bob"), "a customer is read before they are erased");
    ConsistencyToken erased =
        soon(customers)
            .eraseCustomer(
                EraseCustomerRequest.newBuilder().setRequestId(requestId()).setCustomerId(bob).build())
            .getReceipt()
            .getToken();
    Customer after = customer(erased);
    String left = after.getName() + after.getEmail() + after.getAddress();
    check(after.getStatus() == CustomerStatus.CUSTOMER_STATUS_ERASED, "the customer is erased");
    check(left.isEmpty(), "what is erased is empty");
    UpdateCustomerRequest update =
        UpdateCustomerRequest.newBuilder()
            .setRequestId(requestId())
            .setCustomerId(bob)
            .setName("Bob")
            .setCountry("France")
            .build();
    Refusal told = Refusal.of(() -> soon(customers).updateCustomer(update));
    check(told.code().equals("FAILED_PRECONDITION"), "an erased customer stays erased");
    report(
        "erasure",
        Map.of(
            "before", before.getName(),
            "status", after.getStatus().name(),
            "left", left,
            "orders", after.getOrdersPlaced(),
            "update", told.info().getReason()));
  }

  private Customer customer(ConsistencyToken seen) {
    return soon(otherCustomers)
        .getCustomer(GetCustomerRequest.newBuilder().setCustomerId(bob).setRead(read(seen)).build())
        .getCustomer();
  }

  private void createProduct(String id) {
    soon(catalog)
        .createProduct(
            CreateProductRequest.newBuilder()
                .setRequestId(requestId())
                .setProductId(id)
                .setName("Clock")
                .setPrice(Money.newBuilder().setCurrencyCode("GBP").setAmountMinor(250))
                .build());
  }

  private void createProducts(List<String> ids) throws Exception {
    ExecutorService several = Executors.newFixedThreadPool(10);
    try {
      List<Future<?>> made = new ArrayList<>();
      for (String id : ids) {
        made.add(several.submit(() -> createProduct(id)));
      }
      for (Future<?> one : made) {
        one.get();
      }
    } finally {
      several.shutdownNow();
    }
  }

  private void register(String id, String name) {
    soon(customers)
        .registerCustomer(
            RegisterCustomerRequest.newBuilder()
                .setRequestId(requestId())
                .setCustomerId(id)
                .setName(name)
                .setEmail("someone@example.org")
                .setAddress("1 Long Lane\nParis")
                .setCountry("France")
                .build());
  }

  private static OrderLineRequest line(String productId, long quantity) {
    return OrderLineRequest.newBuilder().setProductId(productId).setQuantity(quantity).build();
  }

  /** The stub for one call that may take a minute. */
  private static <S extends AbstractBlockingStub<S>> S soon(S stub) {
    return stub.withDeadlineAfter(1, TimeUnit.MINUTES);
  }

  private static ReadOptions read(ConsistencyToken token) {
    return ReadOptions.newBuilder().setToken(token).build();
  }

  /** One token that names all that these tokens name. */
  private static ConsistencyToken merged(ConsistencyToken... tokens) {
    Map<TokenEntry, Long> highest = new HashMap<>();
    for (ConsistencyToken token : tokens) {
      for (TokenEntry entry : token.getEntriesList()) {
        highest.merge(entry.toBuilder().clearPosition().build(), entry.getPosition(), Math::max);
      }
    }
    ConsistencyToken.Builder all = ConsistencyToken.newBuilder();
    highest.forEach((place, position) -> all.addEntries(place.toBuilder().setPosition(position)));
    return all.build();
  }

  private static String requestId() {
    return UUID.randomUUID().toString();
  }

  private static void check(boolean kept, String promise) {
    if (!kept) {
      throw new AssertionError("not kept: " + promise);
    }
  }

  private static void report(String step, Map<String, Object> seen) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    line.putAll(seen);
    System.out.println(JSON.toJson(line));
  }
}
