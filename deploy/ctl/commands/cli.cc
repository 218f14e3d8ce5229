#include "deploy/ctl/commands/cli.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "deploy/ctl/commands/cli_nouns.h"
#include "deploy/ctl/commands/play.h"
#include "deploy/ctl/commands/simulate.h"
#include "deploy/ctl/commands/staffing.h"

namespace kefu::ctl {
namespace {

// Arguments live as long as the command that was built from them.
template <class Arguments>
std::shared_ptr<Arguments> Make() {
  return std::make_shared<Arguments>();
}

// Administrators of several shops say which one they sign in to.
CLI::App* WithShop(CLI::App* command, Invocation* to) {
  command->add_option("--shop", to->globals.shop, "Shop to sign in to; needed by staff of several")
      ->envname("KEFU_SHOP");
  return command;
}

void AddShop(CLI::App& app, Invocation* to) {
  CLI::App* shop = app.add_subcommand("shop", "Shops (operator)")->require_subcommand(1);
  auto arguments = Make<ShopArguments>();
  CLI::App* create = shop->add_subcommand("create", "Create a shop; prints its first identity key");
  create->add_option("id", arguments->shop, "2 to 32 of a-z, 0-9, -")->required();
  create->add_option("--name", arguments->name, "Display name")->required();
  create->add_option("--origin", arguments->origins,
                     "Origin from which browsers may call; repeatable");
  create->callback(
      [=] { to->command = [=](Context& context) { return CreateShop(context, *arguments); }; });
  CLI::App* update = shop->add_subcommand("update", "Change what is given, and nothing else");
  update->add_option("id", arguments->shop)->required();
  update->add_option("--name", arguments->name, "Display name");
  update->add_option("--origin", arguments->origins,
                     "Origins instead of the present ones; repeatable; \"\": none");
  update->callback(
      [=] { to->command = [=](Context& context) { return UpdateShop(context, *arguments); }; });
  shop->add_subcommand("list", "List the shops")->callback([=] {
    to->command = [](Context& context) { return ListShops(context); };
  });
}

void AddPerson(CLI::App& app, Invocation* to) {
  CLI::App* person =
      app.add_subcommand("person", "People who can sign in (operator)")->require_subcommand(1);
  auto arguments = Make<PersonArguments>();
  CLI::App* create =
      person->add_subcommand("create", "Create a person; the password is read from standard input");
  create->add_option("login", arguments->login, "3 to 64 bytes, lower case")->required();
  create->add_option("--name", arguments->name, "Display name; the login if absent");
  create->add_option("--new-password-file", arguments->password_file,
                     "Read the password from here instead");
  create->callback(
      [=] { to->command = [=](Context& context) { return CreatePerson(context, *arguments); }; });
  for (const bool disabled : {true, false}) {
    CLI::App* change = person->add_subcommand(disabled ? "disable" : "enable",
                                              "Stop or allow a person's sign-ins");
    change->add_option("login", arguments->login)->required();
    change->callback([=] {
      arguments->disabled = disabled;
      to->command = [=](Context& context) { return DisablePerson(context, *arguments); };
    });
  }
}

void AddAgent(CLI::App& app, Invocation* to) {
  CLI::App* agent = app.add_subcommand("agent", "A shop's staff")->require_subcommand(1);
  auto arguments = Make<AgentArguments>();
  CLI::App* create = agent->add_subcommand(
      "create", "Make a person or a program an agent: as operator, or as the administrator");
  create->add_option("--shop", arguments->shop, "The shop");
  CLI::Option_group* who = create->add_option_group("who");
  who->add_option("--login", arguments->login, "The person");
  who->add_flag("--program", arguments->program, "No person; it calls with a key (key create)");
  who->require_option(1);
  create->add_option("--name", arguments->name, "Display name; the login if absent");
  create->add_option("--role", arguments->role)
      ->check(CLI::IsMember({"agent", "supervisor", "admin"}));
  create->add_option("--capacity", arguments->capacity, "In weight units; a chat weighs 20")
      ->check(CLI::Range(0, 1000));
  create
      ->add_option("--answer-limit", arguments->answer_limit,
                   "Programs: seconds after which a buyer without an answer goes to others")
      ->check(CLI::Range(1, 3600));
  create->callback([=] {
    to->globals.shop = arguments->shop;
    to->command = [=](Context& context) { return CreateAgent(context, *arguments); };
  });
  WithShop(agent->add_subcommand("list", "List the staff (administrator)"), to)->callback([=] {
    to->command = [](Context& context) { return ListAgents(context); };
  });
}

void AddKeys(CLI::App& app, Invocation* to) {
  CLI::App* key = app.add_subcommand("key", "API keys of the shop's programs (administrator)")
                      ->require_subcommand(1);
  auto text = Make<std::string>();
  auto arguments = Make<KeyArguments>();
  CLI::App* create =
      WithShop(key->add_subcommand("create", "Create a key; its secret is shown once"), to);
  create->add_option("--name", arguments->name, "What it is for")->required();
  CLI::Option* agent =
      create->add_option("--agent", arguments->agent, "The program whose key it is (agent create)");
  CLI::Option* scopes =
      create
          ->add_option("--scopes", arguments->scopes,
                       "sessions, suggest, orders:read, cases:write, cases:decide")
          ->delimiter(',');
  agent->needs(scopes);
  scopes->needs(agent);
  create->callback(
      [=] { to->command = [=](Context& context) { return CreateKey(context, *arguments); }; });
  WithShop(key->add_subcommand("list", "List the keys"), to)->callback([=] {
    to->command = [](Context& context) { return ListKeys(context); };
  });
  CLI::App* revoke = WithShop(key->add_subcommand("revoke", "Revoke a key"), to);
  revoke->add_option("id", *text)->required();
  revoke->callback(
      [=] { to->command = [=](Context& context) { return RevokeKey(context, *text); }; });
  CLI::App* identity = app.add_subcommand("identity", "Key of the buyers' identity signatures")
                           ->require_subcommand(1);
  CLI::App* rotate =
      identity->add_subcommand("rotate", "Make a new key; the one before stays valid");
  WithShop(rotate, to)->callback([=] {
    to->command = [](Context& context) { return RotateIdentityKey(context); };
  });
}

void AddAudit(CLI::App& app, Invocation* to) {
  struct Range {
    uint64_t after = 0;
    uint32_t limit = 1000;
  };
  CLI::App* audit =
      app.add_subcommand("audit", "The audit log (administrator)")->require_subcommand(1);
  auto range = Make<Range>();
  CLI::App* list =
      WithShop(audit->add_subcommand("list", "List privileged acts, oldest first"), to);
  list->add_option("--after", range->after, "After this entry");
  list->add_option("--limit", range->limit);
  list->callback([=] {
    to->command = [=](Context& context) { return ListAudit(context, range->after, range->limit); };
  });
}

void AddEpoch(CLI::App& app, Invocation* to) {
  CLI::App* epoch = app.add_subcommand("epoch", "Store epochs (operator)")->require_subcommand(1);
  auto shop = Make<std::string>();
  auto every = Make<bool>();
  CLI::App* raise =
      epoch->add_subcommand("raise", "Raise them: after a restore, before clients return");
  CLI::Option* one = raise->add_option("--shop", *shop, "Of one shop");
  raise->add_flag("--all", *every, "Of all shops")->excludes(one);
  raise->callback([=] {
    if (one->empty() && !*every) throw CLI::RequiredError("--shop or --all");
    to->command = [=](Context& context) { return RaiseEpoch(context, *shop); };
  });
}

void AddChat(CLI::App& app, Invocation* to) {
  CLI::App* chat = app.add_subcommand("chat", "Chat in the terminal")->require_subcommand(1);
  auto options = Make<ChatOptions>();
  CLI::App* buyer = chat->add_subcommand("buyer", "As a guest of a shop");
  buyer->add_option("--shop", to->globals.shop)->envname("KEFU_SHOP")->required();
  buyer->add_option("--name", options->name, "Shown to the agent");
  CLI::App* agent =
      chat->add_subcommand("agent", "As an agent: --login and a password; /help for more");
  WithShop(agent, to);
  agent->add_flag("--ask", options->ask, "Do not accept offers; /accept and /decline answer them");
  for (CLI::App* each : {buyer, agent}) {
    each->add_flag("--stay", options->stay,
                   "Go on printing after the end of the input, until a signal");
    const bool as_agent = each == agent;
    each->callback([=] {
      to->command = [=](Context& context) { return RunChat(context, *options, as_agent); };
    });
  }
}

void AddReplay(CLI::App& app, Invocation* to) {
  auto arguments = Make<ReplayArguments>();
  auto loop = std::make_shared<std::string>("open");
  ReplayOptions& options = arguments->options;
  CLI::App* replay =
      app.add_subcommand("replay", "Play recorded chats against a shop and judge the outcome");
  replay->add_option("file", arguments->file, "JSON lines")->required()->check(CLI::ExistingFile);
  replay->add_option("--shop", options.shop)->envname("KEFU_SHOP")->required();
  replay
      ->add_option("--loop", *loop,
                   "open: at the recorded times; closed: as fast as the parties answer")
      ->check(CLI::IsMember({"open", "closed"}));
  replay->add_option("--speed", options.speed, "Open loop: so many times faster")
      ->check(CLI::PositiveNumber);
  replay->add_option("--pairs", options.pairs, "Agents to create; closed loop: chats at a time")
      ->check(CLI::Range(1, 5000));
  replay->add_option("--from", arguments->from,
                     "Chats that start then or later: Unix time or ISO 8601, UTC");
  replay->add_option("--to", arguments->to, "Chats that start before");
  replay
      ->add_option("--busiest", arguments->busiest_hours,
                   "The window of so many hours in which most chats start")
      ->check(CLI::PositiveNumber);
  replay->add_option("--limit", arguments->limit, "So many chats at most");
  replay->add_option("--duration", arguments->duration_s,
                     "Stop after so many seconds; a closed loop repeats until then");
  replay->add_option("--patience", arguments->patience_s, "Try a message for so many seconds")
      ->check(CLI::PositiveNumber);
  replay->add_option(
      "--agents-file", arguments->agents_file,
      "Lines \"login password\"; without it agents are created with the operator's key");
  replay
      ->add_option("--agent-capacity", options.agent_capacity,
                   "Of created agents; a chat weighs 20")
      ->check(CLI::Range(20, 1000));
  replay->add_option("--history", arguments->history,
                     "Write what the clients saw (deploy/ctl/history.md)");
  replay->add_option("--seed", options.seed, "Of the jitter in retries");
  replay->callback([=] {
    arguments->options.closed_loop = *loop == "closed";
    to->command = [=](Context& context) { return RunReplay(context, *arguments); };
  });
}

void AddStaffing(CLI::App& app, Invocation* to) {
  auto arguments = Make<StaffingArguments>();
  CLI::App* staffing = app.add_subcommand(
      "staffing", "How many agents a load needs: answers JSON lines, without a gateway");
  staffing->footer(std::string(kStaffingHelp));
  staffing->add_option("file", arguments->file, "JSON lines; - for standard input")
      ->capture_default_str();
  staffing->callback([=] { to->command = [=](Context&) { return RunStaffing(*arguments); }; });
}

// Another program, which reads what follows itself.
void AddSimulate(CLI::App& app, Invocation* to) {
  CLI::App* simulate = app.add_subcommand(
      "simulate", "What if: arrivals through one or two routing configurations, without a gateway");
  simulate->prefix_command()->fallthrough(false)->set_help_flag();
  simulate->callback([=] {
    to->command = [arguments = simulate->remaining()](Context& context) -> Task<ExitCode> {
      co_return RunSimulate(arguments, context.globals().json);
    };
  });
}

void AddBackup(CLI::App& app, Invocation* to) {
  auto backup_arguments = Make<BackupArguments>();
  BackupOptions& options = backup_arguments->options;
  auto seconds = std::make_shared<double>(600);
  CLI::App* backup =
      app.add_subcommand("backup", "Copy a Redis primary, the blobs and records while they work");
  backup->add_option("--redis", options.redis.address, "unix:/path or host:port")->required();
  backup->add_option("--user", options.redis.user, "Administrator of Redis");
  backup->add_option("--redis-password-file", backup_arguments->password_file)
      ->envname("KEFU_REDIS_PASSWORD_FILE");
  backup->add_option("--blobs", options.blobs, "The blob folder")->check(CLI::ExistingDirectory);
  backup
      ->add_option("--records", options.records, "The database of records (its `database` option)")
      ->check(CLI::ExistingFile);
  backup->add_option("--out", options.out, "A new folder")->required();
  backup->add_option("--timeout", *seconds, "Seconds that Redis may take")
      ->check(CLI::PositiveNumber);
  backup->callback([=] {
    backup_arguments->options.timeout_ms = static_cast<int64_t>(*seconds * 1000);
    to->command = [=](Context& context) { return RunBackup(context, *backup_arguments); };
  });

  auto restore_arguments = Make<RestoreArguments>();
  RestoreOptions& back = restore_arguments->options;
  CLI::App* restore = app.add_subcommand("restore", "Put a backup in place; Redis must be stopped");
  restore->add_option("--from", back.from, "The backup's folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  CLI::Option* data = restore->add_option("--data", back.data, "Redis's data folder");
  restore->add_option("--blobs", back.blobs, "The blob folder");
  restore->add_option("--records", back.records, "The database of records");
  restore->add_option("--appenddirname", back.append_dirname, "As in Redis's configuration");
  restore->add_option("--appendfilename", back.append_filename, "As in Redis's configuration");
  restore->add_option("--redis-server", back.redis_server, "The program");
  restore->add_option("--timeout", *seconds, "Seconds that Redis may take")
      ->check(CLI::PositiveNumber);
  CLI::Option* check =
      restore->add_flag("--check", restore_arguments->check, "Verify the backup, touch nothing");
  restore->callback([=] {
    if (data->empty() && check->empty()) throw CLI::RequiredError("--data");
    restore_arguments->options.timeout_ms = static_cast<int64_t>(*seconds * 1000);
    to->command = [=](Context& context) { return RunRestore(context, *restore_arguments); };
  });
}

void AddGlobals(CLI::App& app, Globals* globals) {
  app.add_option("--gateway", globals->gateways, "host:port of a gateway; repeatable")
      ->envname("KEFU_GATEWAY")
      ->delimiter(',')
      ->take_all()
      ->capture_default_str();
  app.add_option("--operator-key-file", globals->operator_key_file)
      ->envname("KEFU_OPERATOR_KEY_FILE");
  app.add_option("--key-file", globals->api_key_file, "API key, for what a shop's program does")
      ->envname("KEFU_API_KEY_FILE");
  app.add_option("--login", globals->login, "Whom to sign in")->envname("KEFU_LOGIN");
  app.add_option("--password-file", globals->password_file, "Or the variable KEFU_PASSWORD")
      ->envname("KEFU_PASSWORD_FILE");
  app.add_flag("--json", globals->json, "Print JSON lines");
}

}  // namespace

Invocation ParseCommandLine(int argc, char** argv) {
  Invocation invocation;
  CLI::App app{"kefuctl: administers, tries and loads a kefu installation through its public API",
               "kefuctl"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_config("--config", "",
                 "Options from a file (INI or TOML), those of a command in its [section]");
  app.allow_config_extras(CLI::config_extras_mode::error);
  AddGlobals(app, &invocation.globals);
  AddShop(app, &invocation);
  AddPerson(app, &invocation);
  AddAgent(app, &invocation);
  AddKeys(app, &invocation);
  AddAudit(app, &invocation);
  AddEpoch(app, &invocation);
  AddChat(app, &invocation);
  AddReplay(app, &invocation);
  AddSimulate(app, &invocation);
  AddStaffing(app, &invocation);
  AddBackup(app, &invocation);
  AddNouns(app, &invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    invocation.exit_code = app.exit(error);
    invocation.command = nullptr;
  }
  return invocation;
}

}  // namespace kefu::ctl
