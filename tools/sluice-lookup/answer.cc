#include "answer.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "../../reactor/quote.h"

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

// No name is as long: at most 253 bytes, each escaped.
constexpr std::size_t kMaxWord = 4 * 256;

std::string transport_name(Transport transport) { return std::string(to_string(transport)); }

// In ASCII, because control characters of C1 are UTF-8 and not for a terminal; what is not UTF-8
// is replaced.
std::string line_of(const Json& object) {
  return object.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

std::string word_of(const Query& query, const Service& service) {
  if (query.kind == QueryKind::service) {
    return std::to_string(service.port) + '/' + transport_name(service.transport);
  }
  return query.transport ? service.name : service.name + '/' + transport_name(service.transport);
}

}  // namespace

Answer answer_from(const ServiceNames& services, const Query& query) {
  Answer answer;
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    if (query.transport && *query.transport != transport) continue;
    if (query.kind == QueryKind::port) {
      const std::string_view name = services.name(query.port, transport);
      if (!name.empty()) answer.services.push_back({std::string(name), query.port, transport});
    } else if (const auto port = services.port(query.name, transport)) {
      answer.services.push_back({query.name, *port, transport});
    }
  }
  if (answer.services.empty()) answer.error = "not in the services database";
  return answer;
}

std::string line_of(const Query& query, const Answer& answer) {
  std::string line = escape(query.text, kMaxQuoted);
  for (const std::string& host : answer.hosts) line += ' ' + escape(host, kMaxWord);
  for (const Service& service : answer.services) {
    line += ' ' + escape(word_of(query, service), kMaxWord);
  }
  return line + '\n';
}

std::string json_of(const Query& query, const Answer& answer) {
  Json object;
  object["query"] = query.text;
  object["kind"] = to_string(query.kind);
  if (!answer.error.empty()) {
    object["error"] = answer.error;
  } else if (!answer.services.empty()) {
    Json& all = object["services"];
    for (const Service& service : answer.services) {
      all.push_back({{"name", service.name},
                     {"port", service.port},
                     {"proto", transport_name(service.transport)}});
    }
  } else {
    object[query.kind == QueryKind::address ? "names" : "addresses"] = answer.hosts;
  }
  return line_of(object);
}

std::string complaint_of(const Query& query, const Answer& answer) {
  return std::string(to_string(query.kind)) + ' ' + quote(query.text) + ": " + answer.error;
}

std::string text_of(const OwnHost& host) {
  std::string text = escape(host.name, kMaxWord);
  if (!host.full_name.empty()) text += ' ' + escape(host.full_name, kMaxWord);
  text += '\n';
  for (const OwnHost::Interface& interface : host.interfaces) {
    text += escape(interface.name, kMaxWord);
    for (const std::string& address : interface.addresses) text += ' ' + address;
    text += '\n';
  }
  return text;
}

std::string json_of(const OwnHost& host) {
  Json object;
  object["host"] = host.name;
  if (!host.full_name.empty()) object["fqdn"] = host.full_name;
  Json addresses = Json::array();
  for (const OwnHost::Interface& interface : host.interfaces) {
    for (const std::string& address : interface.addresses) {
      addresses.push_back({{"interface", interface.name}, {"address", address}});
    }
  }
  object["addresses"] = std::move(addresses);
  return line_of(object);
}

}  // namespace sluice
