#include "host_book.h"

#include <algorithm>
#include <utility>

namespace sluice::tools::scan {
namespace {

std::size_t size_of(const OpenPort& port) noexcept {
  return sizeof port + port.banner.size() + (port.tls ? port.tls->size() : 0) +
         (port.found ? port.found->size() : 0);
}

}  // namespace

HostBook::HostBook(const ScanSpace& space,
                   std::function<std::uint64_t(std::uint64_t group)> expected)
    : space_(space), expected_(std::move(expected)) {}

std::vector<std::uint16_t> HostBook::Count::few() const {
  if (count > ports.size()) return {};
  std::vector<std::uint16_t> list(ports.begin(), ports.begin() + count);
  std::sort(list.begin(), list.end());
  return list;
}

HostBook::Host& HostBook::host_of(std::uint64_t host) {
  const std::uint64_t number = ScanSpace::group_of(host);
  auto found = groups_.find(number);
  if (found == groups_.end()) {
    found = groups_.emplace(number, Group{}).first;
    found->second.left = expected_(number);
  }
  Group& group = found->second;
  if (--group.left == 0) finished_ = true;
  return group.hosts[host];
}

void HostBook::add_open(std::uint64_t host, OpenPort port) {
  held_ += size_of(port);
  host_of(host).open.push_back(std::move(port));
}

void HostBook::add(std::uint64_t host, PortState state, std::uint16_t port) {
  Host& known = host_of(host);
  switch (state) {
    case PortState::closed:
      known.closed.add(port);
      break;
    case PortState::filtered:
      known.filtered.add(port);
      break;
    case PortState::open_filtered:
      known.open_filtered.add(port);
      break;
    case PortState::unreachable:
      ++known.unreachable;
      break;
    case PortState::failed:
      ++known.failed;
      break;
    case PortState::open:
      break;
  }
}

void HostBook::hand_out(Group& group, std::vector<HostReport>& reports) {
  const auto first = static_cast<std::ptrdiff_t>(reports.size());
  for (auto& [number, host] : group.hosts) {
    HostReport report;
    report.address = space_.address({number, 0});
    report.closed = host.closed.count;
    report.filtered = host.filtered.count;
    report.open_filtered = host.open_filtered.count;
    report.closed_ports = host.closed.few();
    report.filtered_ports = host.filtered.few();
    report.open_filtered_ports = host.open_filtered.few();
    report.unreachable = host.unreachable;
    report.failed = host.failed;
    report.open = std::move(host.open);
    std::sort(report.open.begin(), report.open.end(),
              [](const OpenPort& a, const OpenPort& b) { return a.port < b.port; });
    for (const OpenPort& port : report.open) held_ -= size_of(port);
    reports.push_back(std::move(report));
  }
  group.hosts.clear();
  std::sort(reports.begin() + first, reports.end(),
            [](const HostReport& a, const HostReport& b) { return a.address < b.address; });
}

std::vector<HostReport> HostBook::take_finished() {
  if (held_ > kMaxHeld) return take_all();
  std::vector<HostReport> reports;
  if (!std::exchange(finished_, false)) return reports;
  for (auto each = groups_.begin(); each != groups_.end();) {
    if (each->second.left > 0) {
      ++each;
      continue;
    }
    hand_out(each->second, reports);
    each = groups_.erase(each);
  }
  return reports;
}

std::vector<HostReport> HostBook::take_all() {
  std::vector<HostReport> reports;
  for (auto& [number, group] : groups_) hand_out(group, reports);
  std::erase_if(groups_, [](const auto& each) { return each.second.left == 0; });
  finished_ = false;
  return reports;
}

std::vector<std::uint64_t> HostBook::held() const {
  std::vector<std::uint64_t> positions;
  for (const auto& [number, group] : groups_) {
    for (const auto& [host, known] : group.hosts) {
      for (const OpenPort& port : known.open) positions.push_back(port.position);
    }
  }
  return positions;
}

}  // namespace sluice::tools::scan
