#include "listen_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../../reactor/base/text/quote.h"
#include "../../../reactor/names/service_names.h"
#include "../../common/names.h"
#include "../../common/nearest.h"
#include "../../common/usage_error.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_keys.h"
#include "../services/service_kinds.h"
#include "../settings/passed_sockets.h"
#include "endpoint_layer.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxText = 1024;  // bytes of an endpoint in a message

using Names = std::vector<std::string_view>;

const ServiceKind* kind_named(std::string_view name, SettingErrors& errors) {
  if (const ServiceKind* kind = find_kind(name)) return kind;
  Names names;
  for (const ServiceKind* kind : all_kinds()) names.push_back(kind->name);
  errors.push_back({"kind", "unknown service " + quote(name) + suggestion(name, names) +
                                "; allowed: " + join_names(names)});
  return nullptr;
}

// tcp://*:daytime with the number of the port, which services(5) has; any other text unchanged.
std::string with_port_number(const std::string& text) {
  const std::optional<Scheme> scheme = scheme_of(text);
  if (!scheme || *scheme == Scheme::unix_stream) return text;
  const std::size_t colon = text.rfind(':');
  const std::string_view name = std::string_view(text).substr(colon + 1);
  const bool is_name = colon > text.find(kAfterScheme) && !name.empty() &&
                       !(name[0] >= '0' && name[0] <= '9') && name.find(']') == name.npos;
  if (!is_name) return text;
  const std::optional<std::uint16_t> port = ServiceNames::of_host().port(name, *scheme);
  if (!port) {
    throw UsageError("port " + quote(name) + " is not in 0-65535, and services(5) has no " +
                     std::string(to_string(*scheme)) + " service of that name");
  }
  return text.substr(0, colon + 1) + std::to_string(*port);
}

Target target_of(const std::string& written) {
  Target target;
  target.text = escape(written, kMaxText);
  const std::string text = with_port_number(without_layer(written));
  if (auto host = parse_named_host(text)) {
    target.host = std::move(*host);
  } else {
    target.endpoint = parse_numeric_endpoint(text, "a name, a.b.c.d, [IPv6] or *");
  }
  return target;
}

// A word that no kind has as a scheme is left to the parser of endpoints, which reports it.
bool runs_over(const ServiceKind& kind, const std::string& text, std::string_view word,
               SettingErrors& errors) {
  const Names allowed = schemes_of(kind);
  const bool is_allowed = std::find(allowed.begin(), allowed.end(), word) != allowed.end();
  if (is_allowed || (!scheme_of(text) && !kind.speaks_http)) return true;
  errors.push_back(
      {"listen", word.empty() ? quote(text) + " has no scheme; allowed: " + join_names(allowed)
                              : std::string(kind.name) + " does not run over " +
                                    escape(word, kMaxText) + "; allowed: " + join_names(allowed)});
  return false;
}

// What is spoken over a socket that was passed depends on the kind alone.
bool read_reference(const ServiceKind& kind, const std::string& text, ListenSpec& spec,
                    SettingErrors& errors) {
  const PassedSockets::Found found = PassedSockets::of_process().find(text);
  const Scheme scheme = found.endpoint.scheme();
  if (kind.speaks_http && scheme == Scheme::tcp) spec.layer = "http";
  if (!runs_over(kind, text, spec.layer.empty() ? to_string(scheme) : spec.layer, errors)) {
    return false;
  }
  spec.descriptor = found.descriptor;
  spec.target.endpoint = found.endpoint;
  spec.target.text = escape(text, kMaxText);
  return true;
}

// Whether the kind can be served there.
bool read_target(const ServiceKind& kind, const std::string& text, ListenSpec& spec,
                 SettingErrors& errors) {
  try {
    if (PassedSockets::is_reference(text)) return read_reference(kind, text, spec, errors);
    const std::string_view word = scheme_word(text);
    if (!runs_over(kind, text, word, errors)) return false;
    spec.target = target_of(text);
    if (const Layer* layer = layer_of(text)) spec.layer = layer->word;
  } catch (const UsageError& error) {
    errors.push_back({"listen", error.what()});
    return false;
  }
  return true;
}

// The keys of one kind over one scheme, and those that it has over another.
class Keys {
 public:
  Keys(const ServiceKind& kind, const ListenSpec& spec)
      : where_(std::string(kind.name) + " over ") {
    const Scheme scheme = spec.scheme();
    where_ += spec.layer.empty() ? to_string(scheme) : spec.layer;
    for (const std::span<const Key* const> keys : {socket_keys(), kind.keys}) {
      for (const Key* key : keys) {
        (key->applies(scheme, spec.speaks_websocket()) ? keys_ : elsewhere_).push_back(key);
      }
    }
    auto& of_messages = spec.speaks_websocket() ? keys_ : elsewhere_;
    of_messages.insert(of_messages.end(), kind.websocket_keys.begin(), kind.websocket_keys.end());
  }

  [[nodiscard]] const std::vector<const Key*>& all() const noexcept { return keys_; }

  // Null, and an error, if there is none of that name.
  [[nodiscard]] const Key* named(std::string_view name, SettingErrors& errors) const {
    if (const Key* key = find(keys_, name)) return key;
    Names names;
    for (const Key* key : keys_) names.push_back(key->name());
    const bool known = find(elsewhere_, name) != nullptr;
    errors.push_back({std::string(name),
                      (known ? "key " + quote(name) + " is not valid for " + where_ + "; allowed: "
                             : "unknown key " + quote(name) + suggestion(name, names) +
                                   "; allowed for " + where_ + ": ") +
                          join_names(names)});
    return nullptr;
  }

 private:
  static const Key* find(const std::vector<const Key*>& keys, std::string_view name) {
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [name](const Key* key) { return key->name() == name; });
    return found == keys.end() ? nullptr : *found;
  }

  std::string where_;
  std::vector<const Key*> keys_;
  std::vector<const Key*> elsewhere_;
};

SettingError missing(const std::string& kind, const Key& key) {
  const std::string name(key.name());
  return {name, "key " + name + " is missing; " + kind + " needs " + name + '=' +
                    std::string(key.text().form)};
}

// The process that bound a socket has set these already.
void reject_keys_of_binding(const WrittenListen& written, SettingErrors& errors) {
  for (const auto& [name, text] : written.keys) {
    const bool is_off = name == kReusePortKey.name() && text == "off";
    if ((name != kModeKey.name() && name != kReusePortKey.name()) || is_off) continue;
    errors.push_back({name, "key " + name + " is not valid for " + written.endpoint +
                                ", which is bound already; set it where the socket is made"});
  }
}

void read_key(const Keys& keys, std::string_view name, std::string_view text, Settings& settings,
              SettingErrors& errors) {
  const Key* key = keys.named(name, errors);
  if (key == nullptr) return;
  if (settings.has(*key)) {
    errors.push_back(
        {std::string(name), "key " + std::string(name) + " is given twice; give it once"});
    return;
  }
  try {
    settings.set(*key, key->read(text));
  } catch (const UsageError& error) {
    errors.push_back({std::string(name), error.what()});
  }
}

// The scheme says it, and the key may say which profile.
void require_tls(ListenSpec& spec, SettingErrors& errors) {
  if (has_tls(spec.settings)) return;
  if (!spec.settings.has(kTlsKey)) return spec.settings.set(kTlsKey, std::string(kTlsOn));
  errors.push_back({std::string(kTlsKey.name()),
                    "tls \"off\" contradicts " + spec.target.text + "; allowed: on or modern"});
}

}  // namespace

std::optional<Scheme> scheme_of(std::string_view endpoint) {
  if (PassedSockets::is_reference(endpoint)) {
    try {
      return PassedSockets::of_process().find(endpoint).endpoint.scheme();
    } catch (const UsageError&) {
      return {};
    }
  }
  const std::string_view scheme = scheme_word(endpoint);
  if (const Layer* layer = layer_of(endpoint)) return layer->carrier;
  for (const Scheme each : {Scheme::tcp, Scheme::udp, Scheme::unix_stream}) {
    if (scheme == to_string(each)) return each;
  }
  return {};
}

const Key* find_key(const ServiceKind& kind, std::string_view name) {
  for (const std::span<const Key* const> keys : {socket_keys(), kind.keys, kind.websocket_keys}) {
    for (const Key* key : keys) {
      if (key->name() == name) return key;
    }
  }
  return nullptr;
}

ListenSpec read_spec(const WrittenListen& written, const Settings& defaults,
                     SettingErrors& errors) {
  ListenSpec spec;
  spec.kind = written.kind;
  const ServiceKind* kind = kind_named(written.kind, errors);
  // Which keys there are depends on both: without one of them, every key would be called unknown.
  if (kind == nullptr || !read_target(*kind, written.endpoint, spec, errors)) return spec;
  if (spec.descriptor >= 0) reject_keys_of_binding(written, errors);
  const Layer* layer = layer_of(written.endpoint);
  const Keys keys(*kind, spec);
  for (const auto& [name, text] : written.keys) read_key(keys, name, text, spec.settings, errors);
  if (layer != nullptr && layer->has_tls) require_tls(spec, errors);
  const auto is_written = [&written](const Key* key) {
    return std::any_of(written.keys.begin(), written.keys.end(),
                       [key](const auto& each) { return each.first == key->name(); });
  };
  for (const Key* key : keys.all()) {
    if (is_written(key) || spec.settings.has(*key)) continue;
    // Defaults for certificates are for the services that have TLS.
    if (defaults.has(*key) && (!needs_tls(*key) || has_tls(spec.settings))) {
      spec.settings.set(*key, *defaults.value(*key));
    } else if (key->text().required) {
      errors.push_back(missing(spec.kind, *key));
    }
  }
  if (spec.scheme() == Scheme::tcp && has_tls(spec.settings)) {
    spec.layer = spec.speaks_websocket() ? "wss" : kind->speaks_http ? "https" : "tls";
  }
  return spec;
}

void validate_spec(const ListenSpec& spec, SettingErrors& errors) {
  const ServiceKind& kind = kind_of(spec);
  validate_tls(spec, errors);
  if (kind.validate != nullptr) kind.validate(spec, errors);
}

ListenSpec parse_listen(std::string_view text, const Settings& defaults) {
  SettingErrors errors;
  ListenSpec spec;
  if (const auto written = split_listen(text, errors)) spec = read_spec(*written, defaults, errors);
  if (errors.empty()) validate_spec(spec, errors);
  if (errors.empty()) return spec;
  std::vector<std::string> messages;
  for (SettingError& error : errors) messages.push_back(std::move(error.message));
  throw UsageError(std::move(messages));
}

}  // namespace sluice::tools::daemon
