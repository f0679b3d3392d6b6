#include "xml_output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <initializer_list>

#include "../../../reactor/base/version.h"
#include "../../common/timestamp.h"

namespace sluice::tools::scan {
namespace {

constexpr std::string_view kEnd = "<runstats>";

std::string attribute(std::string_view name, std::string_view value) {
  return ' ' + std::string(name) + "=\"" + xml_escape(value) + '"';
}

std::string attribute(std::string_view name, std::uint64_t value) {
  return attribute(name, std::to_string(value));
}

std::string seconds_of(WallTime time) {
  return std::to_string(std::chrono::system_clock::to_time_t(time));
}

// "Sat Nov 21 02:17:10 2026", as nmap has it, in UTC.
std::string words_of(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts);
  return {text.data(), size};
}

struct ExtraReason {
  std::string_view reason;
  std::uint64_t count;
};

// One element for a state, as nmap has it: readers such as ndiff refuse a second one.
std::string extra_ports(std::string_view state, std::initializer_list<ExtraReason> reasons) {
  std::uint64_t total = 0;
  std::string elements;
  for (const auto& [reason, count] : reasons) {
    if (count == 0) continue;
    total += count;
    elements += "<extrareasons" + attribute("reason", reason) + attribute("count", count) + "/>";
  }
  if (total == 0) return {};
  return "<extraports" + attribute("state", state) + attribute("count", total) + '>' + elements +
         "</extraports>\n";
}

std::string elem(std::string_view key, std::string_view value) {
  const std::string has_key = key.empty() ? "" : attribute("key", key);
  return "<elem" + has_key + '>' + xml_escape(value) + "</elem>";
}

// As nmap writes what a script has found.
std::string tls_element(const TlsFacts& tls) {
  std::string text = "<script id=\"tls\"" + attribute("output", tls.line()) + '>';
  text += elem("version", tls.version) + elem("cipher", tls.cipher);
  text += elem("subject", tls.subject) + "<table key=\"names\">";
  for (const std::string& name : tls.names) text += elem({}, name);
  return text + "</table>" + elem("not_after", timestamp(tls.not_after)) + "</script>";
}

std::string port_element(const OpenPort& open, bool udp) {
  std::string text = "<port" + attribute("protocol", protocol_name(udp)) +
                     attribute("portid", open.port) + "><state state=\"open\"" +
                     attribute("reason", udp ? "udp-response" : "syn-ack") + " reason_ttl=\"0\"/>";
  if (open.found) {
    text += "<service" + attribute("name", open.found->protocol);
    if (!open.found->product.empty()) text += attribute("product", open.found->product);
    if (!open.found->version.empty()) text += attribute("version", open.found->version);
    if (!open.found->info.empty()) text += attribute("extrainfo", open.found->info);
    text += " method=\"probed\" conf=\"10\"/>";
  } else if (!open.service.empty()) {
    text += "<service" + attribute("name", open.service) + " method=\"table\" conf=\"3\"/>";
  }
  if (!open.banner.empty()) {
    text += "<script id=\"banner\"" + attribute("output", open.banner) + "/>";
  }
  if (open.tls) text += tls_element(*open.tls);
  return text + "</port>\n";
}

std::string status_element(const HostReport& host) {
  const char* reason = !host.open.empty()     ? host.udp ? "udp-response" : "syn-ack"
                       : host.closed > 0      ? host.udp ? "port-unreach" : "conn-refused"
                       : host.unreachable > 0 ? "host-unreach"
                                              : "no-response";
  return "<status" + attribute("state", host.answered() ? "up" : "down") +
         attribute("reason", reason) + " reason_ttl=\"0\"/>\n";
}

}  // namespace

std::string XmlListing::begin(const ScanStart& start) {
  if (options_.continued) return {};
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"
         "<nmaprun scanner=\"sluice-scan\"" +
         attribute("args", start.command) + attribute("start", seconds_of(start.time)) +
         attribute("startstr", words_of(start.time)) + attribute("version", SLUICE_VERSION_STRING) +
         " xmloutputversion=\"1.05\">\n<scaninfo" +
         attribute("type", start.udp ? "udp" : "connect") +
         attribute("protocol", protocol_name(start.udp)) +
         attribute("numservices", start.port_count) + attribute("services", start.ports) +
         "/>\n<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n";
}

std::string XmlListing::host(const HostReport& host) {
  if (host.answered()) ++up_;
  std::string address = host.address.host();
  address.resize(std::min(address.find('%'), address.size()));  // a zone is this host's affair
  std::string text = "<host>" + status_element(host) + "<address" + attribute("addr", address) +
                     attribute("addrtype", host.address.family() == AF_INET ? "ipv4" : "ipv6") +
                     "/>\n<hostnames>\n";
  if (!host.name.empty()) {
    text += "<hostname" + attribute("name", host.name) + " type=\"user\"/>\n";
  }
  if (!host.reverse_name.empty()) {
    text += "<hostname" + attribute("name", host.reverse_name) + " type=\"PTR\"/>\n";
  }
  text += "</hostnames>\n<ports>";
  if (!options_.open_only) {
    text += extra_ports("closed", {{host.udp ? "port-unreach" : "conn-refused", host.closed}}) +
            extra_ports("filtered",
                        {{"no-response", host.filtered}, {"host-unreach", host.unreachable}}) +
            extra_ports("open|filtered", {{"no-response", host.open_filtered}});
  }
  for (const OpenPort& open : host.open) text += port_element(open, host.udp);
  text += "</ports>\n";
  if (host.opens_everything()) {
    text +=
        "<hostscript><script id=\"opens-everything\" output=\"nearly every port is open\"/>"
        "</hostscript>\n";
  }
  return text + "</host>\n";
}

std::string XmlListing::end(const ScanSummary& summary) {
  const std::uint64_t down = summary.addresses > up_ ? summary.addresses - up_ : 0;
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.2f",
                std::chrono::duration<double>(summary.elapsed).count());
  std::string text = std::string(kEnd) + "<finished" + attribute("time", seconds_of(summary.time)) +
                     attribute("timestr", words_of(summary.time)) +
                     attribute("elapsed", seconds.data());
  text += summary.complete ? " exit=\"success\"" : " exit=\"error\" errormsg=\"interrupted\"";
  return text + "/><hosts" + attribute("up", up_) + attribute("down", down) +
         attribute("total", summary.addresses) + "/>\n</runstats>\n</nmaprun>\n";
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // U+FFFE and U+FFFF are UTF-8 and no characters of XML.
    if (text.substr(i).starts_with("\xef\xbf\xbe") || text.substr(i).starts_with("\xef\xbf\xbf")) {
      out += "\xef\xbf\xbd";
      i += 2;
      continue;
    }
    switch (text[i]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += text[i];
    }
  }
  return out;
}

std::size_t find_xml_end(std::string_view tail) {
  constexpr std::string_view kClose = "</nmaprun>\n";
  return tail.ends_with(kClose) ? tail.rfind(kEnd) : tail.npos;
}

}  // namespace sluice::tools::scan
