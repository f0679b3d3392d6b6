#include "table_output.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <utility>

namespace sluice::tools::scan {
namespace {

using Row = std::array<std::string, 5>;  // PORT STATE SERVICE RTT BANNER

constexpr std::size_t kStateColumn = 1;
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

// Columns are as wide as what stands in them; the last one has no blanks behind it.
std::string lay_out(const std::vector<Row>& rows, std::size_t columns, bool colours) {
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const bool green = colours && i == kStateColumn && &row != &rows.front();
      line += green ? std::string(kGreen) + row[i] + std::string(kPlain) : row[i];
      line.append(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

// Of the last column; empty: there is none.
const char* title_of(const TableOptions& options) noexcept {
  return options.services ? "FOUND" : options.tls ? "TLS" : options.banners ? "BANNER" : "";
}

// " (22, 80)", or nothing if there are too many to name.
std::string names_of(const std::vector<std::uint16_t>& ports) {
  std::string text;
  for (const std::uint16_t port : ports) {
    text += (text.empty() ? " (" : ", ") + std::to_string(port);
  }
  return text.empty() ? text : text + ')';
}

std::string counts_of(const HostReport& host) {
  std::string text;
  const auto add = [&text](std::uint64_t count, PortState state, const std::string& names = {}) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + ' ' + std::string(to_string(state)) + names;
  };
  add(host.closed, PortState::closed, names_of(host.closed_ports));
  add(host.filtered, PortState::filtered, names_of(host.filtered_ports));
  add(host.open_filtered, PortState::open_filtered, names_of(host.open_filtered_ports));
  add(host.unreachable, PortState::unreachable);
  add(host.failed, PortState::failed);
  return text;
}

std::string one_decimal(std::uint64_t value, std::uint64_t unit, const char* name) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f%s",
                                 static_cast<double>(value) / static_cast<double>(unit), name);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string count_of(std::uint64_t count, const char* what, const char* plural) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : plural);
}

}  // namespace

std::string in_words(std::chrono::microseconds rtt) {
  const auto us = static_cast<std::uint64_t>(rtt.count());
  if (us == 0) return "-";
  if (us < 1000) return std::to_string(us) + "us";
  if (us < 1'000'000) return one_decimal(us, 1000, "ms");
  return one_decimal(us, 1'000'000, "s");
}

std::string in_words(const ScanSummary& counts) {
  std::string text;
  const std::array<std::pair<std::uint64_t, const char*>, kPortStates> all{
      {{counts.open, "open"},
       {counts.closed, "closed"},
       {counts.filtered, "filtered"},
       {counts.open_filtered, "open|filtered"},
       {counts.unreachable, "unreachable"},
       {counts.failed, "failed"}}};
  for (const auto& [count, name] : all) {
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + ' ' + name;
  }
  return text;
}

std::string TableListing::host(const HostReport& host) {
  std::string text = hosts_++ == 0 ? "" : "\n";
  const std::string& name = host.name.empty() ? host.reverse_name : host.name;
  text += name.empty() ? host.address.host() : name + " (" + host.address.host() + ')';
  text += '\n';
  if (!host.open.empty()) {
    std::vector<Row> rows{{"PORT", "STATE", "SERVICE", "RTT", title_of(options_)}};
    for (const OpenPort& open : host.open) {
      rows.push_back({std::to_string(open.port) + '/' + protocol_name(host.udp), "open",
                      open.service.empty() ? "-" : std::string(open.service), in_words(open.rtt),
                      open.shown()});
    }
    text += lay_out(rows, title_of(options_)[0] == 0 ? 4 : 5, options_.colours);
  }
  if (host.opens_everything()) {
    text += "nearly every port is open: something in front of this host may answer for it\n";
  }
  const std::string counts = options_.open_only ? "" : counts_of(host);
  return counts.empty() ? text : text + counts + '\n';
}

std::string TableListing::end(const ScanSummary& summary) {
  std::string text = hosts_ == 0 ? "" : "\n";
  const std::string counts = in_words(summary);
  text += counts.empty() ? "nothing was scanned" : counts;
  text += "; " + count_of(summary.addresses, "address", "es") + ", " +
          count_of(summary.ports, "port", "s") + ", ";
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.2f s",
                std::chrono::duration<double>(summary.elapsed).count());
  text += seconds.data();
  if (!summary.complete) {
    text +=
        "; interrupted with " + std::to_string(summary.probes - summary.done()) + " probes left";
  }
  return text + '\n';
}

}  // namespace sluice::tools::scan
