#include "top_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace sluice::tools::control {
namespace {

constexpr std::size_t kNumber = 6;  // columns of one, with a space before it
constexpr std::size_t kNumbers = 5;
constexpr std::size_t kMinName = 12;
constexpr std::size_t kMinPeers = 5;  // lines for the peers: a heading and some of them

std::string right(std::string_view text, std::size_t width) {
  const std::size_t space = width > text.size() ? width - text.size() : 0;
  return std::string(space, ' ').append(text);
}

std::string left(std::string_view text, std::size_t width) {
  std::string cell(text.substr(0, width));
  cell.resize(width, ' ');
  return cell;
}

// The name and the scheme, because a service may have several endpoints.
std::string label_of(const TopView::Service& service) {
  return service.name + ' ' + service.endpoint.substr(0, service.endpoint.find(':'));
}

// How the columns of the services are divided.
struct Widths {
  explicit Widths(std::size_t columns) {
    const std::size_t fixed = kNumbers * kNumber;
    name = kMinName;
    if (columns > fixed + kMinName + 2) {
      const std::size_t rest = columns - fixed - kMinName - 2;
      bars = std::min(rest, kTopHistory);
      name += rest - bars;
    }
  }
  std::size_t name;
  std::size_t bars = 0;
};

TopLine services_heading(const Widths& widths) {
  std::string text = left("SERVICE", widths.name);
  for (const std::string_view each : {"OPEN", "ACC/S", "REF/S", "IN/S", "OUT/S"}) {
    text += right(each, kNumber);
  }
  return {text + "  " + left("LAST MINUTE", widths.bars), true};
}

TopLine service_line(const TopView::Service& service, const Widths& widths) {
  std::string text = left(label_of(service), widths.name);
  for (const double number : {static_cast<double>(service.open), service.accepted, service.refused,
                              service.bytes_in, service.bytes_out}) {
    text += right(short_number(number), kNumber);
  }
  return {text + "  " + top_bars(service.history, widths.bars), false};
}

std::string summary(const TopView& view) {
  double in = 0;
  double out = 0;
  double accepted = 0;
  double refused = 0;
  for (const TopView::Service& service : view.services) {
    in += service.bytes_in;
    out += service.bytes_out;
    accepted += service.accepted;
    refused += service.refused;
  }
  return "open " + short_number(static_cast<double>(view.open)) + "  accepted/s " +
         short_number(accepted) + "  refused/s " + short_number(refused) + "  in/s " +
         short_number(in) + "  out/s " + short_number(out);
}

std::string loop_line(const TopView& view) {
  std::array<char, 32> lag{"-"};
  if (view.lag) std::snprintf(lag.data(), lag.size(), "%.1f ms", *view.lag);
  std::string text =
      "loop lag " + std::string(lag.data()) + "  turns/s " + short_number(view.turns);
  for (const auto& [reason, rate] : view.ended) text += "  " + reason + "/s " + short_number(rate);
  return text;
}

// The largest first, because not all may fit.
std::string refusals(const TopView& view) {
  std::vector<std::pair<double, std::string>> all;
  for (const TopView::Service& service : view.services) {
    for (const auto& [reason, rate] : service.refused_by) {
      all.emplace_back(rate, service.name + ' ' + reason);
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text = all.empty() ? "" : "refused/s";
  for (const auto& [rate, what] : all) text += "  " + what + ' ' + short_number(rate);
  return text;
}

void add_services(const TopView& view, std::size_t columns, std::size_t room,
                  std::vector<TopLine>& lines) {
  const Widths widths(columns);
  lines.push_back(services_heading(widths));
  std::size_t count = view.services.size();
  if (count > room) count = room > 0 ? room - 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back(service_line(view.services[i], widths));
  }
  if (count == view.services.size() || room == 0) return;
  lines.push_back({"... and " + std::to_string(view.services.size() - count) + " more", false});
}

void add_peers(const TopView& view, std::size_t columns, std::size_t end,
               std::vector<TopLine>& lines) {
  constexpr std::size_t kId = 10;
  constexpr std::size_t kService = 12;
  constexpr std::size_t kPaused = 9;
  constexpr std::size_t kFixed = kId + 1 + kService + 1 + 2 * kNumber + 1 + 2 + kPaused;
  const std::size_t address = columns > kFixed + kMinName ? columns - kFixed : kMinName;
  lines.push_back({left("ID", kId) + ' ' + left("SERVICE", kService) + ' ' +
                       left("SLOWEST PEERS", address) + right("QUEUED", kNumber + 1) +
                       right("AGE", kNumber) + "  " + left("PAUSED BY", kPaused),
                   true});
  for (const TopView::Peer& peer : view.peers) {
    if (lines.size() >= end) return;
    lines.push_back({left(peer.id, kId) + ' ' + left(peer.service, kService) + ' ' +
                         left(peer.address, address) +
                         right(short_number(static_cast<double>(peer.queued)), kNumber + 1) +
                         right(short_number(static_cast<double>(peer.age)), kNumber) + "  " +
                         peer.paused_by,
                     false});
  }
}

}  // namespace

std::string short_number(double number) {
  constexpr std::array<const char*, 5> kUnits = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  // 999.5 would be written as 1000.
  while (number >= 999.5 && unit + 1 < kUnits.size()) {
    number /= 1000;
    ++unit;
  }
  const bool has_fraction = number > 0 && number < 9.95 && (unit > 0 || number < 0.95);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f%s", has_fraction ? 1 : 0, std::min(number, 9999.0),
                kUnits.at(unit));
  return text.data();
}

std::string top_bars(const std::vector<double>& history, std::size_t width) {
  constexpr std::string_view kRamp = " .:-=+*#";
  if (width == 0) return {};
  std::vector<double> values(kTopHistory);  // what was before the first sample is 0
  const std::size_t count = std::min(history.size(), kTopHistory);
  std::copy(history.end() - static_cast<std::ptrdiff_t>(count), history.end(),
            values.end() - static_cast<std::ptrdiff_t>(count));
  const double most = *std::max_element(values.begin(), values.end());
  std::string bars(width, ' ');
  if (most <= 0) return bars;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t first = i * kTopHistory / width;
    const std::size_t last = std::max(first + 1, (i + 1) * kTopHistory / width);
    double value = 0;
    for (std::size_t k = first; k < last; ++k) value = std::max(value, values[k]);
    if (value <= 0) continue;
    const auto level = static_cast<std::size_t>(value / most * (kRamp.size() - 1));
    bars[i] = kRamp[std::max<std::size_t>(level, 1)];  // a little is not nothing
  }
  return bars;
}

std::vector<TopLine> top_lines(const TopView& view, std::size_t columns, std::size_t rows) {
  std::vector<TopLine> lines;
  lines.push_back({"sluiced " + view.version + "  " + summary(view), false});
  lines.push_back({loop_line(view), false});
  lines.push_back({refusals(view), false});
  // Two lines are left between and below: an empty one, and the one that says how to quit.
  const std::size_t used = lines.size() + 1 + 2;
  const std::size_t peers = std::min(kMinPeers, view.peers.size() + 1);
  add_services(view, columns, rows > used + peers ? rows - used - peers : 1, lines);
  lines.push_back({"", false});
  if (lines.size() + 2 < rows) add_peers(view, columns, rows - 1, lines);
  lines.resize(std::min(lines.size(), rows > 0 ? rows - 1 : 0));
  if (rows > 0) {
    lines.resize(rows - 1);
    lines.push_back({"q quits", false});
  }
  for (TopLine& line : lines) {
    line.text.resize(std::min(line.text.size(), columns));
    line.text.erase(line.text.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace sluice::tools::control
