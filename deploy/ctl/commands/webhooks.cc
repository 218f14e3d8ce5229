// kefuctl webhooks
#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {

Noun WebhooksNoun() {
  return {
      .name = "webhooks",
      .help = "Endpoints at which carriers and aggregators push (administrator)",
      .commands = {
          {.verb = "create",
           .help = "Create an endpoint; its secret is shown once",
           .method = "kefu.gateway.v1.WebhookService/CreateWebhook",
           .options = {{.name = "--source",
                        .field = "source",
                        .help = "aftership or kuaidi100",
                        .required = true},
                       {.name = "--name", .field = "display_name", .help = "What it is for"},
                       {.name = "--secret-file",
                        .field = "secret",
                        .help = "What the source signs with; one is made if absent",
                        .secret = true}}},
          {.verb = "list",
           .help = "List the endpoints",
           .method = "kefu.gateway.v1.WebhookService/ListWebhooks",
           .rows = "webhooks",
           .columns = {"webhook", "source", "path", "create_time", "display_name"}},
          {.verb = "delete",
           .help = "Refuse pushes to it from now on",
           .method = "kefu.gateway.v1.WebhookService/DeleteWebhook",
           .options = {{.name = "webhook", .field = "webhook", .help = "w_…", .required = true}}},
      }};
}

}  // namespace kefu::ctl
