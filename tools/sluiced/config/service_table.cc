#include "service_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../endpoints/socket_keys.h"
#include "../services/service_kinds.h"
#include "../services/shared_rules.h"
#include "../settings/passed_sockets.h"
#include "endpoint_layer.h"
#include "listen_reader.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;
using Entries = std::vector<const TomlEntry*>;

constexpr std::string_view kKind = "kind";
constexpr std::string_view kListen = "listen";
constexpr std::string_view kEndpoint = "endpoint";

// One endpoint, as it is written.
struct Listen {
  std::string endpoint;
  TomlPlace place;
  Entries keys;  // its own
};

class ServiceReader {
 public:
  ServiceReader(const TomlValue& table, std::size_t number, const ConfigDefaults& defaults,
                ConfigFaults& faults)
      : table_(table), number_(number), defaults_(defaults), faults_(faults) {}

  void read(std::vector<ListenSpec>& specs);

 private:
  void fault(const TomlPlace& place, const std::string& message) {
    faults_.add(place, where_ + message);
  }
  bool read_kind();
  void read_listen(const TomlValue& value);
  void read_endpoint(const TomlValue& value);
  void read_endpoint_table(const TomlValue& value);
  // Several, if it refers to several sockets that were passed.
  void add(const Listen& written);
  [[nodiscard]] bool is_valid_somewhere(std::string_view name) const;
  [[nodiscard]] bool applies(std::string_view name, const Listen& listen) const;
  void add_key(const TomlEntry& entry, WrittenListen& written);
  [[nodiscard]] WrittenListen written(const Listen& listen, bool is_first);
  void report(const SettingErrors& errors, const Listen& listen);
  void expect_free(const ListenSpec& spec, const std::vector<ListenSpec>& others,
                   const TomlPlace& place);
  [[nodiscard]] std::string written_at(const Key& key, const Listen& listen) const;
  [[nodiscard]] TomlPlace place_of(const SettingError& error, const Listen& listen) const;

  const TomlValue& table_;
  std::size_t number_;
  const ConfigDefaults& defaults_;
  ConfigFaults& faults_;
  std::string where_;  // 'service "house": ', before each message
  const ServiceKind* kind_ = nullptr;
  std::vector<Listen> listens_;
  Entries keys_;  // of the service
};

// What the service is called, and its kind; both come first, since all else depends on them.
bool ServiceReader::read_kind() {
  const TomlEntry* kind = table_.find(kKind);
  const TomlEntry* name = table_.find(kNameKey.name());
  for (const TomlEntry* entry : {name, kind}) {
    if (entry == nullptr || entry->value.kind != Kind::string) continue;
    where_ = "service " + quote(entry->value.text) + ": ";
    break;
  }
  if (where_.empty()) where_ = "service: ";
  if (kind == nullptr) {
    fault(table_.place, R"(kind is missing; write which service it is, such as kind = "echo")");
    return false;
  }
  if (kind->value.kind != Kind::string) {
    fault(kind->value.place, "kind is " + std::string(name_of(kind->value)) +
                                 R"(; write it as a string, such as "echo")");
    return false;
  }
  kind_ = find_kind(kind->value.text);
  if (kind_ != nullptr) return true;
  SettingErrors errors;
  (void)read_spec({.kind = kind->value.text, .endpoint = {}, .keys = {}}, {}, errors);
  for (const SettingError& error : errors) fault(kind->value.place, error.message);
  return false;
}

void ServiceReader::read_listen(const TomlValue& value) {
  if (value.kind != Kind::array) return read_endpoint(value);
  if (value.items.empty()) fault(value.place, "listen is empty; give at least one endpoint");
  for (const TomlValue& item : value.items) read_endpoint(item);
}

void ServiceReader::read_endpoint(const TomlValue& value) {
  if (value.kind == Kind::table) return read_endpoint_table(value);
  if (value.kind == Kind::string) {
    return add({value.text, value.place, {}});
  }
  fault(value.place,
        "an endpoint is " + std::string(name_of(value)) +
            R"(; write it as a string, such as "tcp://127.0.0.1:7007", or as a table)");
}

void ServiceReader::read_endpoint_table(const TomlValue& value) {
  Listen listen;
  listen.place = value.place;
  bool has_endpoint = false;
  for (const TomlEntry& entry : value.entries) {
    if (entry.key != kEndpoint) {
      listen.keys.push_back(&entry);
    } else if (entry.value.kind == Kind::string) {
      has_endpoint = true;
      listen.endpoint = entry.value.text;
      listen.place = entry.value.place;
    } else {
      return fault(entry.value.place, "endpoint is " + std::string(name_of(entry.value)) +
                                          R"(; write it as a string)");
    }
  }
  if (!has_endpoint) {
    return fault(value.place,
                 R"(endpoint is missing; write { endpoint = "unix:///run/x", mode = "0660" })");
  }
  add(listen);
}

void ServiceReader::add(const Listen& written) {
  for (std::string& endpoint : PassedSockets::of_process().expand(written.endpoint)) {
    Listen listen = written;
    listen.endpoint = std::move(endpoint);
    listens_.push_back(std::move(listen));
  }
}

bool ServiceReader::applies(std::string_view name, const Listen& listen) const {
  const Key* key = find_key(*kind_, name);
  const std::optional<Scheme> scheme = scheme_of(listen.endpoint);
  // What is wrong with the endpoint is reported; its keys are not judged.
  if (key == nullptr || !scheme || !kind_->runs_over(*scheme)) return false;
  const auto& messages = kind_->websocket_keys;
  if (std::find(messages.begin(), messages.end(), key) != messages.end()) {
    return speaks_websocket(listen.endpoint);
  }
  return key->applies(*scheme, speaks_websocket(listen.endpoint));
}

bool ServiceReader::is_valid_somewhere(std::string_view name) const {
  return std::any_of(listens_.begin(), listens_.end(),
                     [&](const Listen& listen) { return applies(name, listen); });
}

void ServiceReader::add_key(const TomlEntry& entry, WrittenListen& written) {
  const Key* key = find_key(*kind_, entry.key);
  if (key == nullptr) {  // read_spec() says so
    written.keys.emplace_back(entry.key, "");
  } else if (auto text = text_of(entry, *key, where_, defaults_.networks, faults_)) {
    written.keys.emplace_back(entry.key, std::move(*text));
  }
}

// A key that no endpoint can have goes to the first one, to be rejected there.
WrittenListen ServiceReader::written(const Listen& listen, bool is_first) {
  WrittenListen written;
  written.kind = kind_->name;
  written.endpoint = listen.endpoint;
  for (const TomlEntry* entry : listen.keys) {
    const auto keys = socket_keys();
    const bool is_of_sockets = std::any_of(keys.begin(), keys.end(), [entry](const Key* key) {
      return key->name() == entry->key && key != &kNameKey;
    });
    if (find_key(*kind_, entry->key) == nullptr || is_of_sockets) {
      add_key(*entry, written);
    } else {
      fault(entry->place,
            "key " + quote(entry->key) + " is one of the service, and not of one of its endpoints");
    }
  }
  for (const TomlEntry* entry : keys_) {
    const bool is_overridden =
        std::any_of(listen.keys.begin(), listen.keys.end(),
                    [entry](const TomlEntry* own) { return own->key == entry->key; });
    if (is_overridden) continue;
    if (applies(entry->key, listen) || (is_first && !is_valid_somewhere(entry->key))) {
      add_key(*entry, written);
    }
  }
  return written;
}

TomlPlace ServiceReader::place_of(const SettingError& error, const Listen& listen) const {
  if (error.key == kListen) return listen.place;
  for (const Entries* entries : {&listen.keys, &keys_}) {
    for (const TomlEntry* entry : *entries) {
      if (entry->key != error.key) continue;
      return find_key(*kind_, error.key) == nullptr ? entry->place : entry->value.place;
    }
  }
  return table_.place;
}

std::string ServiceReader::written_at(const Key& key, const Listen& listen) const {
  for (const Entries* entries : {&listen.keys, &keys_}) {
    for (const TomlEntry* entry : *entries) {
      if (entry->key == key.name()) return faults_.place_text(entry->value.place);
    }
  }
  const auto found = defaults_.places.find(std::string(key.name()));
  return found == defaults_.places.end() ? std::string() : found->second;
}

void ServiceReader::report(const SettingErrors& errors, const Listen& listen) {
  for (const SettingError& error : errors) fault(place_of(error, listen), error.message);
}

// What the system would say only when the second one is bound.
void ServiceReader::expect_free(const ListenSpec& spec, const std::vector<ListenSpec>& others,
                                const TomlPlace& place) {
  if (!spec.target.endpoint) return;
  const bool any_port = spec.scheme() != Scheme::unix_stream && spec.target.port() == 0;
  if (any_port) return;
  for (const ListenSpec& other : others) {
    if (other.target.endpoint != spec.target.endpoint) continue;
    const bool is_shared = spec.settings.get(kReusePortKey) && other.settings.get(kReusePortKey);
    if (is_shared) continue;
    return fault(place, "endpoint " + quote(spec.target.text) + " is that of service " +
                            quote(service_name(other)) + " too");
  }
}

void ServiceReader::read(std::vector<ListenSpec>& specs) {
  if (!read_kind()) return;
  for (const TomlEntry& entry : table_.entries) {
    if (entry.key == kListen) {
      read_listen(entry.value);
    } else if (entry.key != kKind) {
      keys_.push_back(&entry);
    }
  }
  if (table_.find(kListen) == nullptr) {
    fault(table_.place,
          R"(listen is missing; write where to serve it, such as listen = "tcp://127.0.0.1:7007")");
  }
  for (const Listen& listen : listens_) {
    const std::size_t before = faults_.size();
    SettingErrors errors;
    ListenSpec spec =
        read_spec(written(listen, &listen == listens_.data()), defaults_.settings, errors);
    spec.service = number_;
    spec.allow_at = written_at(kAllowKey, listen);
    spec.deny_at = written_at(kDenyKey, listen);
    if (errors.empty() && faults_.size() == before) {
      validate_spec(spec, errors);
      validate_shared_rules(spec, specs, errors);
      expect_free(spec, specs, listen.place);
    }
    report(errors, listen);
    specs.push_back(std::move(spec));
  }
}

}  // namespace

void read_service(const TomlValue& table, std::size_t number, const ConfigDefaults& defaults,
                  std::vector<ListenSpec>& specs, ConfigFaults& faults) {
  ServiceReader(table, number, defaults, faults).read(specs);
}

}  // namespace sluice::tools::daemon
