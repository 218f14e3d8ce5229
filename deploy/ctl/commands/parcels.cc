// kefuctl parcels
#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {

Noun ParcelsNoun() {
  return {
      .name = "parcels",
      .help = "Parcels and where they are",
      .commands = {
          {.verb = "register",
           .help = "Make shipments known (a program's key)",
           .method = "kefu.logistics.v1.ShipmentService/RegisterShipments",
           .items = "shipments",
           .portion = 100,
           .rows = "results",
           .columns = {"outcome", "shipment", "error.message"}},
          {.verb = "events",
           .help = "Add tracking events (a program's key)",
           .method = "kefu.logistics.v1.ShipmentService/AddTrackingEvents",
           .items = "events",
           .portion = 500,
           .rows = "results",
           .columns = {"outcome", "shipment", "error.message"}},
          {.verb = "get",
           .help = "Show a shipment with its tracking events",
           .method = "kefu.logistics.v1.ShipmentService/GetShipment",
           .options = {{.name = "shipment", .field = "shipment", .help = "h_…", .required = true}}},
          {.verb = "list",
           .help = "List shipments, newest first",
           .method = "kefu.logistics.v1.ShipmentService/ListShipments",
           .options =
               {{.name = "--buyer", .field = "buyer", .help = "Of this buyer, b_…"},
                {.name = "--order", .field = "order", .help = "Of this order, o_…"},
                {.name = "--tracking-number", .field = "tracking_number", .help = "Of this number"},
                {.name = "--status",
                 .field = "status",
                 .help = "e.g. in_transit, delivered, exception"}},
           .rows = "shipments",
           .columns = {"shipment", "carrier", "tracking_number", "status", "substatus",
                       "status_time", "order_number", "buyer"}},
      }};
}

}  // namespace kefu::ctl
