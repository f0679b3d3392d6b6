#include "listen_spec.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "../../reactor/base/quote.h"
#include "../common/duration.h"
#include "../common/names.h"
#include "../common/number.h"
#include "../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

bool over_tcp(Scheme scheme) { return scheme == Scheme::tcp; }
bool over_ip(Scheme scheme) { return scheme != Scheme::unix_stream; }
bool over_unix(Scheme scheme) { return scheme == Scheme::unix_stream; }

constexpr std::array kKeys = {
    ListenKey{"idle", "DURATION", "stream: instead of --idle-timeout", over_streams,
              [](ListenSpec& spec, std::string_view value) {
                spec.stream.connection.idle_timeout = parse_timeout("idle", value);
              }},
    ListenKey{"max", "COUNT", "stream: limit on open connections here (none)", over_streams,
              [](ListenSpec& spec, std::string_view value) {
                spec.stream.max_connections = parse_count("max", value);
              }},
    ListenKey{"per-source", "COUNT", "tcp: limit on those from one address (none)", over_tcp,
              [](ListenSpec& spec, std::string_view value) {
                spec.stream.max_per_source = parse_count("per-source", value);
              }},
    ListenKey{"reuse-port", "on|off", "tcp, udp: share the port (off)", over_ip,
              [](ListenSpec& spec, std::string_view value) {
                const bool on = parse_switch("reuse-port", value);
                spec.stream.reuse_port = on;
                spec.datagram.reuse_port = on;
              }},
    ListenKey{"mode", "OCTAL", "unix: permissions of the socket file (umask)", over_unix,
              [](ListenSpec& spec, std::string_view value) {
                spec.stream.mode = parse_mode("mode", value);
              }},
};

char unescaped(std::string_view escape) {
  switch (escape.size() < 2 ? '\0' : escape[1]) {
    case ',':
    case '\\':
      return escape[1];
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      throw UsageError(quote(escape) + R"( is not an escape; allowed: \, \\ \n and \r)");
  }
}

// At the commas that no backslash stands before.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      fields.emplace_back();
    } else if (text[i] == '\\') {
      fields.back() += unescaped(text.substr(i, 2));
      ++i;
    } else {
      fields.back() += text[i];
    }
  }
  return fields;
}

const Service& service_named(std::string_view name) {
  if (const Service* service = find_service(name)) return *service;
  std::vector<std::string_view> names;
  for (const Service* service : all_services()) names.push_back(service->name);
  throw UsageError("unknown service " + quote(name) + "; allowed: " + join_names(names));
}

const ListenKey& key_named(std::string_view name, const ListenSpec& spec) {
  bool known = false;
  std::vector<std::string_view> allowed;
  for (const std::span<const ListenKey> keys : {common_keys(), spec.service->keys}) {
    for (const ListenKey& key : keys) {
      known = known || key.name == name;
      if (!key.applies(spec.endpoint.scheme())) continue;
      if (key.name == name) return key;
      allowed.push_back(key.name);
    }
  }
  const std::string where =
      std::string(spec.service->name) + " over " + std::string(to_string(spec.endpoint.scheme()));
  const std::string wrong =
      known ? "key " + quote(name) + " is not valid for " + where + "; allowed: "
            : "unknown key " + quote(name) + "; allowed for " + where + ": ";
  throw UsageError(wrong + join_names(allowed));
}

void apply_keys(ListenSpec& spec, std::span<const std::string> fields) {
  std::vector<std::string_view> seen;
  for (const std::string_view field : fields) {
    const std::size_t equals = field.find('=');
    if (equals == field.npos) throw UsageError(quote(field) + " is not KEY=VALUE");
    const ListenKey& key = key_named(field.substr(0, equals), spec);
    if (std::find(seen.begin(), seen.end(), key.name) != seen.end()) {
      throw UsageError("key " + std::string(key.name) + " is given twice; give it once");
    }
    seen.push_back(key.name);
    key.apply(spec, field.substr(equals + 1));
  }
}

}  // namespace

std::span<const ListenKey> common_keys() noexcept { return kKeys; }

bool parse_switch(std::string_view what, std::string_view text) {
  if (text != "on" && text != "off") {
    throw UsageError(std::string(what) + ' ' + quote(text) + " is not on or off");
  }
  return text == "on";
}

ListenSpec parse_listen_spec(std::string_view text, std::chrono::milliseconds idle,
                             const Endpoint* at) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    throw UsageError("there is no = after the service name; allowed: NAME=ENDPOINT[,KEY=VALUE]...");
  }
  const Service& service = service_named(text.substr(0, equals));
  const std::vector<std::string> fields = split(text.substr(equals + 1));

  ListenSpec spec{&service, Endpoint(Scheme::tcp, {}), {}, {}, {}, nullptr};
  if (at != nullptr) {
    spec.endpoint = *at;
  } else if (auto host = parse_named_host(fields.front())) {
    spec.endpoint = Endpoint(host->scheme, Address::loopback(AF_INET, host->port));
    spec.named = NamedListen{std::move(*host), std::string(text), idle};
  } else {
    spec.endpoint = parse_numeric_endpoint(fields.front(), "a name, a.b.c.d, [IPv6] or *");
  }
  if (!service.runs_over(spec.endpoint.scheme())) {
    throw UsageError(std::string(service.name) + " does not run over " +
                     std::string(to_string(spec.endpoint.scheme())) +
                     "; allowed: " + (service.over_streams ? "tcp and unix" : "udp"));
  }
  spec.stream.connection.idle_timeout = idle;
  if (service.settings != nullptr) spec.settings = service.settings();
  apply_keys(spec, std::span(fields).subspan(1));
  if (service.check != nullptr) service.check(spec);
  return spec;
}

}  // namespace sluice::tools::daemon
