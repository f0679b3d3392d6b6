#include "answer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/names/resolver_types.h"
#include "../common/international_name.h"
#include "../common/json_object.h"

namespace sluice::tools::lookup {
namespace {

// No name is as long: at most 253 bytes, each escaped.
constexpr std::size_t kMaxWord = 4 * 256;

std::string scheme_name(Scheme scheme) { return std::string(to_string(scheme)); }

std::string json_of(const Service& service) {
  JsonObject object;
  object.add_text("name", service.name);
  object.add_number("port", std::uint64_t{service.port});
  object.add_text("proto", to_string(service.scheme));
  return object.text();
}

std::string word_of(const Query& query, const Service& service) {
  if (query.kind == QueryKind::service) {
    return std::to_string(service.port) + '/' + scheme_name(service.scheme);
  }
  return query.scheme ? service.name : service.name + '/' + scheme_name(service.scheme);
}

}  // namespace

Answer answer_from(const ServiceNames& services, const Query& query) {
  Answer answer;
  for (const Scheme scheme : {Scheme::tcp, Scheme::udp}) {
    if (query.scheme && *query.scheme != scheme) continue;
    if (query.kind == QueryKind::port) {
      const std::string_view name = services.name(query.port, scheme);
      if (!name.empty()) answer.services.push_back({std::string(name), query.port, scheme});
    } else if (const auto port = services.port(query.name, scheme)) {
      answer.services.push_back({query.name, *port, scheme});
    }
  }
  if (answer.services.empty()) {
    answer.error = "not in the services database";
    answer.status = "not_found";
  }
  return answer;
}

std::string in_unicode(std::string_view text) {
  std::string result;
  bool is_other = false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word(text.substr(at, end - at));
    const std::string name = unicode_name(word);
    is_other = is_other || !name.empty();
    if (at > 0) result += ' ';
    result += name.empty() ? word : name;
    at = end + 1;
  }
  return is_other ? result : std::string();
}

std::string unicode_beside(std::string_view text) {
  const std::string other = in_unicode(text);
  return other.empty() ? std::string() : " (" + escape(other, kMaxWord) + ')';
}

std::string line_of(const Query& query, const Answer& answer, bool is_unicode) {
  std::string line = escape(query.text, kMaxQuoted);
  for (const std::string& host : answer.hosts) {
    line += ' ' + escape(host, kMaxWord);
    if (is_unicode) line += unicode_beside(host);
  }
  for (const Service& service : answer.services) {
    line += ' ' + escape(word_of(query, service), kMaxWord);
  }
  return line + '\n';
}

void add_unicode(JsonObject& object, const std::vector<std::string>& hosts) {
  std::vector<std::string> all;
  bool is_other = false;
  for (const std::string& host : hosts) {
    const std::string name = unicode_name(host);
    is_other = is_other || !name.empty();
    all.push_back(json_string(name.empty() ? host : name));
  }
  if (is_other) object.add("unicode", json_array(all));
}

std::string json_of(const Query& query, const Answer& answer) {
  JsonObject object;
  object.add_text("query", query.text);
  object.add_text("kind", to_string(query.kind));
  std::vector<std::string> all;
  if (!answer.error.empty()) {
    add_error(object, answer);
  } else if (!answer.services.empty()) {
    for (const Service& service : answer.services) all.push_back(json_of(service));
    object.add("services", json_array(all));
  } else {
    for (const std::string& host : answer.hosts) all.push_back(json_string(host));
    object.add(query.kind == QueryKind::address ? "names" : "addresses", json_array(all));
    add_unicode(object, answer.hosts);
  }
  return object.line();
}

std::string_view status_of(std::error_code error) noexcept {
  if (error.category() != resolver_category()) return "failed";
  switch (static_cast<ResolverError>(error.value())) {
    case ResolverError::not_found:
      return "not_found";
    case ResolverError::no_address:
      return "no_record";
    case ResolverError::timed_out:
      return "timed_out";
    case ResolverError::server_failed:
      return "server_failed";
    case ResolverError::refused:
      return "refused";
    case ResolverError::bad_name:
      return "bad_name";
    case ResolverError::no_memory:
      return "no_memory";
    case ResolverError::no_server:
      return "no_server";
  }
  return "failed";
}

void add_error(JsonObject& object, const Answer& answer) {
  object.add_text("error", answer.error);
  if (!answer.status.empty()) object.add_text("status", answer.status);
}

std::string complaint_of(const Query& query, const Answer& answer) {
  return std::string(to_string(query.kind)) + ' ' + quote(query.text) + ": " + answer.error;
}

void complain(const std::string& message) {
  std::fprintf(stderr, "sluice-lookup: %s\n", message.c_str());
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
  JsonObject object;
  object.add_text("host", host.name);
  if (!host.full_name.empty()) object.add_text("fqdn", host.full_name);
  std::vector<std::string> addresses;
  for (const OwnHost::Interface& interface : host.interfaces) {
    for (const std::string& address : interface.addresses) {
      JsonObject one;
      one.add_text("interface", interface.name);
      one.add_text("address", address);
      addresses.push_back(one.text());
    }
  }
  object.add("addresses", json_array(addresses));
  return object.line();
}

}  // namespace sluice::tools::lookup
