// kefuctl orders
#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {

Noun OrdersNoun() {
  const std::vector<std::string> columns = {"order",     "source",       "number",
                                            "state",     "payment",      "fulfilment",
                                            "aftersale", "totals.total", "buyer"};
  return {
      .name = "orders",
      .help = "What buyers bought",
      .commands = {
          {.verb = "upsert",
           .help = "Create and update orders (a program's key)",
           .method = "kefu.orders.v1.OrderService/UpsertOrders",
           .items = "orders",
           .portion = 100,
           .rows = "results",
           .columns = {"outcome", "order", "error.message", "unknown_statuses"}},
          {.verb = "get",
           .help = "Show an order",
           .method = "kefu.orders.v1.OrderService/GetOrder",
           .options = {{.name = "order", .field = "order", .help = "o_…", .required = true}}},
          {.verb = "list",
           .help = "List orders, newest first",
           .method = "kefu.orders.v1.OrderService/ListOrders",
           .options = {{.name = "--buyer", .field = "buyer", .help = "Of this buyer, b_…"},
                       {.name = "--number", .field = "number", .help = "With this number"},
                       {.name = "--phone-tail",
                        .field = "phone_tail",
                        .help = "Whose phone number ends with these four digits"},
                       {.name = "--tracking-number",
                        .field = "tracking_number",
                        .help = "With a parcel of this number"},
                       {.name = "--state",
                        .field = "state",
                        .help = "open, on_hold, completed or cancelled"}},
           .rows = "orders",
           .columns = columns},
          {.verb = "unmask",
           .help = "Show the contact without its masks; leaves an entry in the audit log",
           .method = "kefu.orders.v1.OrderService/UnmaskContact",
           .options = {{.name = "order", .field = "order", .help = "o_…", .required = true},
                       {.name = "--purpose", .field = "purpose", .help = "Why", .required = true}},
           .rows = "contact"},
      }};
}

}  // namespace kefu::ctl
